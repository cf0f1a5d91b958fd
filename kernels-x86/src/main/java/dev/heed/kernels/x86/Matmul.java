package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Parallel;

/// The matrix product C [M, N] = op(A) · op(B), or added to C, over fp32 in memory.
///
/// B is packed in parallel into panels as wide as a tile. Then each task computes a block of C: for
/// each block of k it lets [MatmulCode] run down the block's rows, panel by panel. A is read where
/// it lies if its rows are contiguous in k, else packed by the task. Products of few rows are left
/// to [DotCode], or read B where it lies. The cut into blocks depends on M, N and K alone, and
/// every element is summed in a fixed order by one task.
///
/// Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
final class Matmul {
  /// No epilogue.
  static final Epilogue NOTHING = new Epilogue(Activation.NONE, 0, 0, 0);

  /// Steps of k in a block: a panel of B of this height, 36 KB, about fills the first-level cache.
  private static final int K_BLOCK = 192;

  private static final int ROWS_PER_TASK = 192;
  private static final int TASKS = 16;

  /// Elements of B that are packed at once, 16 MB: of a wide B some columns after the others.
  private static final long PACKED = 1 << 22;

  /// Multiply-adds that are worth a task of their own, ten microseconds or so.
  private static final long WORK_PER_TASK = 1 << 20;

  /// Products with fewer rows read B where it lies.
  private static final int THIN = 16;

  /// A matrix in memory.
  ///
  /// @param address of its first element
  /// @param stride elements between rows as stored
  /// @param transposed whether the product uses the transposed matrix
  record Matrix(long address, long stride, boolean transposed) {}

  private final KernelCache kernels;
  private final int lanes;
  private final int tileRows;
  private final int tileVectors;
  private final Tiles tiles;

  Matmul(KernelCache kernels) {
    this.kernels = kernels;
    this.lanes = kernels.level().lanes();
    this.tiles = new Tiles(kernels);
    this.tileVectors = tiles.widest();
    this.tileRows = tiles.rows();
  }

  /// Computes C [m, n] = A [m, k] · B [k, n] (+ C where `accumulate`), then the epilogue. C's rows
  /// are `stride` apart, which must be n where there is an epilogue.
  void multiply(
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      long c,
      long stride,
      boolean accumulate,
      Epilogue epilogue) {
    if (m > 0 && n > 0) {
      new Product(m, n, k, a, b, c, stride, accumulate, epilogue).run();
    }
  }

  private final class Product {
    final int m;
    final int n;
    final int k;
    final Matrix a;
    final Matrix b;
    final long c;
    final long stride;
    final boolean accumulate;
    final Epilogue epilogue;
    final int vectors;
    final int panels;
    final int kBlocks;
    final int mBlocks;
    final long worthwhile;
    final boolean packB;

    Product(
        int m,
        int n,
        int k,
        Matrix a,
        Matrix b,
        long c,
        long stride,
        boolean accumulate,
        Epilogue epilogue) {
      this.m = m;
      this.n = n;
      this.k = k;
      this.a = a;
      this.b = b;
      this.c = c;
      this.stride = stride;
      this.accumulate = accumulate;
      this.epilogue = epilogue;
      vectors = (n + lanes - 1) / lanes;
      panels = (vectors + tileVectors - 1) / tileVectors;
      kBlocks = Math.max(1, (k + K_BLOCK - 1) / K_BLOCK);
      packB = m > THIN || b.transposed;
      mBlocks = (m + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
      worthwhile = Math.min(TASKS, (long) m * n * k / WORK_PER_TASK);
    }

    void run() {
      if (m <= THIN && b.transposed && !a.transposed) {
        int turns = (n + lanes - 1) / lanes;
        int tasks = Math.clamp((long) m * n * k / WORK_PER_TASK, 1, turns);
        Parallel.run(
            tasks,
            task ->
                dots(
                    part(turns, tasks, task) * lanes,
                    Math.min(n, part(turns, tasks, task + 1) * lanes)));
      } else if (packB) {
        int count = Math.clamp((long) k * vectors * lanes / PACKED, 1, panels);
        for (int i = 0; i < count; i++) {
          multiplyPacked(part(panels, count, i), part(panels, count, i + 1));
        }
      } else {
        multiply(new Panels(0, panels, 0));
      }
    }

    /// The columns of panels `first` … `end` − 1.
    private void multiplyPacked(int first, int end) {
      int packedVectors = firstVector(end) - firstVector(first);
      try (Scratch packed = Scratch.take((long) k * packedVectors * lanes)) {
        Panels group = new Panels(first, end, packed.address());
        int count = end - first;
        Parallel.run(count * kBlocks, task -> packB(group, task / count, first + task % count));
        multiply(group);
      }
    }

    private void multiply(Panels group) {
      int nBlocks = Math.clamp((worthwhile + mBlocks - 1) / mBlocks, 1, group.end - group.first);
      Parallel.run(
          mBlocks * nBlocks,
          task ->
              block(
                  group,
                  task / nBlocks,
                  group.first + part(group.end - group.first, nBlocks, task % nBlocks),
                  group.first + part(group.end - group.first, nBlocks, task % nBlocks + 1)));
    }

    /// Panels of B, and where they are packed.
    private record Panels(int first, int end, long packed) {}

    /// Where part `index` of `parts` about equal parts of `whole` begins.
    private static int part(int whole, int parts, int index) {
      return (int) ((long) whole * index / parts);
    }

    private int kStart(int block) {
      return part(k, kBlocks, block);
    }

    private int firstVector(int panel) {
      return part(vectors, panels, panel);
    }

    private long panelOfB(Panels group, int kBlock, int panel) {
      int height = kStart(kBlock + 1) - kStart(kBlock);
      int start = firstVector(group.first);
      long before = (long) kStart(kBlock) * (firstVector(group.end) - start);
      return group.packed + 4L * lanes * (before + (long) height * (firstVector(panel) - start));
    }

    private void packB(Panels group, int kBlock, int panel) {
      int start = kStart(kBlock);
      int height = kStart(kBlock + 1) - start;
      int from = firstVector(panel) * lanes;
      int width = (firstVector(panel + 1) - firstVector(panel)) * lanes;
      int columns = Math.min(width, n - from);
      long to = panelOfB(group, kBlock, panel);
      try (Scratch scratch = Scratch.take(0)) {
        Arguments arguments = scratch.arguments();
        arguments
            .set(PackCode.FROM_ROW, 4 * b.stride)
            .set(PackCode.LENGTH, height)
            .set(PackCode.TO_ROW, 4L * width);
        if (!b.transposed) {
          arguments
              .set(PackCode.FROM, b.address + 4 * (start * b.stride + from))
              .set(PackCode.WIDTH, columns)
              .set(PackCode.TO, to);
          kernels.get("copy", PackCode::copy).call(arguments.address());
          return;
        }
        Kernel transpose = kernels.get("transpose", PackCode::transpose);
        for (int j = 0; j < columns; j += lanes) {
          arguments
              .set(PackCode.FROM, b.address + 4 * ((from + j) * b.stride + start))
              .set(PackCode.WIDTH, Math.min(lanes, columns - j))
              .set(PackCode.TO, to + 4L * j);
          transpose.call(arguments.address());
        }
      }
    }

    private void block(Panels group, int mBlock, int firstPanel, int endPanel) {
      int tilesInAll = (m + tileRows - 1) / tileRows;
      int first = part(tilesInAll, mBlocks, mBlock) * tileRows;
      int rows = Math.min(m, part(tilesInAll, mBlocks, mBlock + 1) * tileRows) - first;
      try (Scratch scratch = Scratch.take(0)) {
        Arguments arguments = scratch.arguments();
        for (int kBlock = 0; kBlock < kBlocks; kBlock++) {
          int start = kStart(kBlock);
          long aAt =
              a.address + 4 * (a.transposed ? start * a.stride + first : first * a.stride + start);
          long aTile = 4L * tileRows * (a.transposed ? 1 : a.stride);
          for (int panel = firstPanel; panel < endPanel; panel++) {
            panel(arguments, group, kBlock, panel, aAt, aTile, first, rows);
            if (kBlock == kBlocks - 1 && !epilogue.isEmpty()) {
              int from = firstVector(panel) * lanes;
              int columns = Math.min(n, firstVector(panel + 1) * lanes) - from;
              epilogue.apply(epilogue.kernel(kernels), arguments, c, first, from, rows, columns, n);
            }
          }
        }
      }
    }

    /// One panel's columns of a block's rows, over one block of k.
    private void panel(
        Arguments arguments,
        Panels group,
        int kBlock,
        int panel,
        long aAt,
        long aTile,
        int first,
        int rows) {
      int start = kStart(kBlock);
      int from = firstVector(panel) * lanes;
      int width = firstVector(panel + 1) - firstVector(panel);
      int columns = Math.min(lanes, n - from - (width - 1) * lanes);
      tiles.multiply(
          arguments,
          rows,
          width,
          columns,
          kStart(kBlock + 1) - start,
          aAt,
          4 * a.stride,
          aTile,
          a.transposed,
          packB ? panelOfB(group, kBlock, panel) : b.address + 4 * (start * b.stride + from),
          packB ? 4L * lanes * width : 4 * b.stride,
          c + 4 * (first * stride + from),
          4 * stride,
          accumulate || kBlock > 0);
    }

    /// Columns `from` … `end` − 1 of all rows, as dot products.
    private void dots(int from, int end) {
      int rowsAtOnce = kernels.level().isWide() ? 4 : 2;
      int columnsAtOnce = 4;
      try (Scratch scratch = Scratch.take(0)) {
        Arguments arguments = scratch.arguments();
        arguments
            .set(DotCode.A_ROW, 4 * a.stride)
            .set(DotCode.B_ROW, 4 * b.stride)
            .set(DotCode.K, k)
            .set(DotCode.C_ROW, 4 * stride)
            .set(DotCode.ACCUMULATE, accumulate ? 1 : 0);
        for (int row = 0; row < m; row += rowsAtOnce) {
          int rows = Math.min(rowsAtOnce, m - row);
          int turns = (end - from) / columnsAtOnce;
          int rest = (end - from) % columnsAtOnce;
          arguments.set(DotCode.A, a.address + 4L * row * a.stride);
          dots(arguments, row, from, rows, columnsAtOnce, turns);
          dots(arguments, row, from + turns * columnsAtOnce, rows, 1, rest);
        }
        if (!epilogue.isEmpty()) {
          epilogue.apply(epilogue.kernel(kernels), arguments, c, 0, from, m, end - from, n);
        }
      }
    }

    private void dots(Arguments arguments, int row, int from, int rows, int columns, int turns) {
      if (turns > 0) {
        DotCode code = new DotCode(rows, columns);
        arguments
            .set(DotCode.B, b.address + 4L * from * b.stride)
            .set(DotCode.C, c + 4 * (row * stride + from))
            .set(DotCode.TURNS, turns);
        kernels.get(code, code::emit).call(arguments.address());
      }
    }
  }
}
