package dev.heed.kernels.x86;

import dev.heed.tensor.Parallel;

/// The matrix product C [M, N] = op(A) · op(B), or added to C, over fp32 in memory.
///
/// B is packed once, in parallel, into panels as wide as a tile. Then each task computes a block of C:
/// for each block of k it lets [MatmulCode] run down the block's rows, panel by panel. A is read where
/// it lies if its rows are contiguous in k, else packed by the task. The cut into blocks depends on
/// M, N and K alone, and every element is summed over k in ascending order by one task.
///
/// Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
final class Matmul {
  /// Steps of k in a block: a panel of B of this height stays in the second-level cache.
  private static final int K_BLOCK = 384;

  private static final int ROWS_PER_TASK = 192;

  /// A matrix in memory.
  ///
  /// @param address of its first element
  /// @param stride elements between rows as stored
  /// @param transposed whether the product uses the transposed matrix
  record Operand(long address, long stride, boolean transposed) {}

  private final KernelCache kernels;
  private final int lanes;
  private final int tileRows;
  private final int tileVectors;

  Matmul(KernelCache kernels) {
    this.kernels = kernels;
    this.lanes = kernels.level().lanes();
    this.tileRows = kernels.level().isWide() ? 8 : 6;
    this.tileVectors = kernels.level().isWide() ? 3 : 2;
  }

  /// Computes C [m, n] = A [m, k] · B [k, n] (+ C where `accumulate`), C's rows `stride` apart.
  void multiply(
      int m, int n, int k, Operand a, Operand b, long c, long stride, boolean accumulate) {
    new Product(m, n, k, a, b, c, stride, accumulate).run();
  }

  private final class Product {
    final int m;
    final int n;
    final int k;
    final Operand a;
    final Operand b;
    final long c;
    final long stride;
    final boolean accumulate;
    final int vectors;
    final int panels;
    final int kBlocks;
    final Kernel copy = kernels.get("copy", PackCode::copy);
    final Kernel transpose = kernels.get("transpose", PackCode::transpose);

    Product(int m, int n, int k, Operand a, Operand b, long c, long stride, boolean accumulate) {
      this.m = m;
      this.n = n;
      this.k = k;
      this.a = a;
      this.b = b;
      this.c = c;
      this.stride = stride;
      this.accumulate = accumulate;
      this.vectors = (n + lanes - 1) / lanes;
      this.panels = (vectors + tileVectors - 1) / tileVectors;
      this.kBlocks = Math.max(1, (k + K_BLOCK - 1) / K_BLOCK);
    }

    /// The first step of k of block `block`: blocks are about equally high.
    int kStart(int block) {
      return (int) ((long) k * block / kBlocks);
    }

    int firstVector(int panel) {
      return (int) ((long) vectors * panel / panels);
    }

    void run() {
      try (Scratch packed = Scratch.take((long) k * vectors * lanes)) {
        long base = packed.address();
        Parallel.run(panels * kBlocks, task -> packB(base, task / panels, task % panels));
        int mTasks = Math.max(1, (m + ROWS_PER_TASK - 1) / ROWS_PER_TASK);
        Parallel.run(mTasks, task -> block(base, task));
      }
    }

    private long panelOfB(long base, int kBlock, int panel) {
      long height = kStart(kBlock + 1) - kStart(kBlock);
      return base
          + 4L * lanes * ((long) kStart(kBlock) * vectors + height * firstVector(panel));
    }

    private void packB(long base, int kBlock, int panel) {
      int start = kStart(kBlock);
      int height = kStart(kBlock + 1) - start;
      int from = firstVector(panel) * lanes;
      int width = (firstVector(panel + 1) - firstVector(panel)) * lanes;
      int columns = Math.min(width, n - from);
      long to = panelOfB(base, kBlock, panel);
      try (Scratch scratch = Scratch.take(0)) {
        Arguments arguments = scratch.arguments();
        if (!b.transposed) {
          arguments
              .set(PackCode.FROM, b.address + 4 * (start * b.stride + from))
              .set(PackCode.FROM_ROW, 4 * b.stride)
              .set(PackCode.LENGTH, height)
              .set(PackCode.WIDTH, columns)
              .set(PackCode.TO, to)
              .set(PackCode.TO_ROW, 4L * width);
          copy.call(arguments.address());
          return;
        }
        for (int j = 0; j < columns; j += lanes) {
          arguments
              .set(PackCode.FROM, b.address + 4 * ((from + j) * b.stride + start))
              .set(PackCode.FROM_ROW, 4 * b.stride)
              .set(PackCode.LENGTH, height)
              .set(PackCode.WIDTH, Math.min(lanes, columns - j))
              .set(PackCode.TO, to + 4L * j)
              .set(PackCode.TO_ROW, 4L * width);
          transpose.call(arguments.address());
        }
      }
    }

    private void block(long packedB, int task) {
      int first = task * ROWS_PER_TASK;
      int rows = Math.min(ROWS_PER_TASK, m - first);
      int tiles = rows / tileRows;
      int rest = rows % tileRows;
      try (Scratch scratch = Scratch.take(a.transposed ? (long) (rows + tileRows) * K_BLOCK : 0)) {
        Arguments arguments = scratch.arguments();
        for (int kBlock = 0; kBlock < kBlocks; kBlock++) {
          int start = kStart(kBlock);
          int height = kStart(kBlock + 1) - start;
          long aAt;
          long aTile;
          if (a.transposed) {
            aAt = scratch.address();
            aTile = 4L * height * tileRows;
            for (int t = 0; t * tileRows < rows; t++) {
              int width = Math.min(tileRows, rows - t * tileRows);
              arguments
                  .set(
                      PackCode.FROM,
                      a.address + 4 * (start * a.stride + first + (long) t * tileRows))
                  .set(PackCode.FROM_ROW, 4 * a.stride)
                  .set(PackCode.LENGTH, height)
                  .set(PackCode.WIDTH, width)
                  .set(PackCode.TO, aAt + t * aTile)
                  .set(PackCode.TO_ROW, 4L * width);
              copy.call(arguments.address());
            }
          } else {
            aAt = a.address + 4 * (first * a.stride + start);
            aTile = 4 * a.stride * tileRows;
          }
          arguments
              .set(MatmulCode.A_ROW, 4 * a.stride)
              .set(MatmulCode.A_TILE, aTile)
              .set(MatmulCode.K, height)
              .set(MatmulCode.C_ROW, 4 * stride)
              .set(MatmulCode.ACCUMULATE, accumulate || kBlock > 0 ? 1 : 0);
          for (int panel = 0; panel < panels; panel++) {
            int from = firstVector(panel) * lanes;
            int width = firstVector(panel + 1) - firstVector(panel);
            int columns = Math.min(lanes, n - from - (width - 1) * lanes);
            boolean partial = columns < lanes;
            long cAt = c + 4 * (first * stride + from);
            arguments
                .set(MatmulCode.B, panelOfB(packedB, kBlock, panel))
                .set(MatmulCode.COLUMNS, columns);
            if (tiles > 0) {
              arguments
                  .set(MatmulCode.A, aAt)
                  .set(MatmulCode.C, cAt)
                  .set(MatmulCode.TILES, tiles);
              tile(tileRows, width, partial).call(arguments.address());
            }
            if (rest > 0) {
              arguments
                  .set(MatmulCode.A, aAt + tiles * aTile)
                  .set(MatmulCode.C, cAt + 4L * tiles * tileRows * stride)
                  .set(MatmulCode.TILES, 1);
              tile(rest, width, partial).call(arguments.address());
            }
          }
        }
      }
    }

    private Kernel tile(int rows, int width, boolean partial) {
      MatmulCode code = new MatmulCode(rows, width, a.transposed, true, partial);
      return kernels.get(code, code::emit);
    }
  }
}
