package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.MatmulGrid.part;

import dev.heed.kernels.x86.Product.Matrix;
import dev.heed.tensor.Parallel;

/// The matrix product C [M, N] = op(A) · op(B), or added to C, over fp32 in memory.
///
/// C is cut into tasks by [MatmulGrid]. A task takes some panels of B, as wide as a tile, packs
/// them for one block of k into a buffer that stays in the second-level cache, and lets
/// [MatmulCode] run down the task's rows, panel by panel. A is read where it lies if its rows are
/// contiguous in k, else some rows at a time are packed too. Products of few rows are left to
/// [ThinMatmul], or read B where it lies. The cut depends on M, N and K alone, and every element is
/// summed in a fixed order by one task.
///
/// Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
final class Matmul {
  /// Steps of k in a block. A panel of this height does not fit the first-level cache, and need
  /// not: the second level delivers it in time, and C is read and written less often.
  private static final int K_BLOCK = 768;

  /// Rows of A that meet every panel of a group before the next rows do.
  private static final int ROWS = 48;

  /// The same where rows of A are packed: lower, so that they stay in the second-level cache too,
  /// and more of them, since they are read from memory row by row of k.
  private static final int K_BLOCK_PACKED = 384;

  private static final int ROWS_PACKED = 192;

  /// Floats between packed tiles of A, so that they do not all fall into one set of the cache.
  private static final int GAP = 16;

  /// Products with fewer rows read B where it lies.
  private static final int THIN = 16;

  private final KernelCache kernels;
  private final int lanes;
  private final int tileRows;
  private final int tileVectors;
  private final Tiles tiles;
  private final ThinMatmul thin;

  Matmul(KernelCache kernels) {
    this.kernels = kernels;
    this.lanes = kernels.level().lanes();
    this.tiles = new Tiles(kernels, false);
    this.thin = new ThinMatmul(kernels);
    this.tileVectors = tiles.widest();
    this.tileRows = tiles.rows();
  }

  /// Computes the product and its epilogue.
  void multiply(Product product) {
    int m = product.m();
    boolean rowsByRows = product.b().transposed() && !product.a().transposed();
    if (m > 0 && m <= THIN && product.n() > 0 && rowsByRows) {
      thin.multiply(product);
    } else if (m > 0 && product.n() > 0) {
      new Multiplication(product).run();
    }
  }

  private final class Multiplication {
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
    final boolean packB;
    final MatmulGrid grid;

    Multiplication(Product product) {
      m = product.m();
      n = product.n();
      k = product.k();
      a = product.a();
      b = product.b();
      c = product.c();
      stride = product.stride();
      accumulate = product.accumulate();
      epilogue = product.epilogue();
      vectors = (n + lanes - 1) / lanes;
      panels = (vectors + tileVectors - 1) / tileVectors;
      int most = a.transposed() ? K_BLOCK_PACKED : K_BLOCK;
      kBlocks = Math.max(1, (k + most - 1) / most);
      packB = m > THIN || b.transposed();
      grid =
          MatmulGrid.of(
              m, panels, tileVectors * lanes, k, (k + kBlocks - 1) / kBlocks, Parallel.threads());
    }

    void run() {
      Parallel.run(grid.tasks(), this::task);
    }

    private void task(int task) {
      int first = part(panels, grid.across(), task % grid.across());
      int end = part(panels, grid.across(), task % grid.across() + 1);
      int tiles = (m + tileRows - 1) / tileRows;
      int firstTile = part(tiles, grid.down(), task / grid.across());
      int endTile = part(tiles, grid.down(), task / grid.across() + 1);
      int groups = (end - first + grid.group() - 1) / grid.group();
      int height = (k + kBlocks - 1) / kBlocks;
      long ofB = packB ? (long) height * grid.group() * tileVectors * lanes : 0;
      long ofA = a.transposed() ? (ROWS_PACKED / tileRows + 1L) * (height * tileRows + GAP) : 0;
      try (Scratch packed = Scratch.take(ofB + ofA)) {
        for (int i = 0; i < groups; i++) {
          for (int kBlock = 0; kBlock < kBlocks; kBlock++) {
            Group group =
                new Group(
                    first + part(end - first, groups, i),
                    first + part(end - first, groups, i + 1),
                    kBlock,
                    packed.address(),
                    packed.address() + 4 * ofB);
            if (packB) {
              packB(packed.arguments(), group);
            }
            int most = a.transposed() ? ROWS_PACKED : ROWS;
            int blocks = ((endTile - firstTile) * tileRows + most - 1) / most;
            for (int j = 0; j < blocks; j++) {
              int row = (firstTile + part(endTile - firstTile, blocks, j)) * tileRows;
              int endRow = (firstTile + part(endTile - firstTile, blocks, j + 1)) * tileRows;
              rows(packed.arguments(), group, row, Math.min(m, endRow) - row);
            }
          }
        }
      }
    }

    /// Panels of B in one block of k.
    ///
    /// @param b where the panels are packed, one after the other
    /// @param a where some rows of A are packed, if they are
    private record Group(int first, int end, int kBlock, long b, long a) {}

    private int kStart(int block) {
      return part(k, kBlocks, block);
    }

    private int height(Group group) {
      return kStart(group.kBlock + 1) - kStart(group.kBlock);
    }

    /// Panels are as wide as the widest tile or one vector less; the wide ones come first.
    private int firstVector(int panel) {
      return vectors / panels * panel + Math.min(panel, vectors % panels);
    }

    private long packedPanel(Group group, int panel) {
      long before = firstVector(panel) - firstVector(group.first);
      return group.b + 4L * lanes * height(group) * before;
    }

    private void packB(Arguments arguments, Group group) {
      arguments.set(PackCode.FROM_ROW, b.bytes(b.stride())).set(PackCode.LENGTH, height(group));
      int panel = group.first;
      while (panel < group.end) {
        int end = panel + 1;
        if (b.transposed()) {
          transposeB(arguments, group, panel);
        } else {
          while (end < group.end && columns(end) == columns(panel)) {
            end++;
          }
          copyB(arguments, group, panel, end);
        }
        panel = end;
      }
    }

    private int columns(int panel) {
      return Math.min(n, firstVector(panel + 1) * lanes) - firstVector(panel) * lanes;
    }

    private int width(int panel) {
      return (firstVector(panel + 1) - firstVector(panel)) * lanes;
    }

    /// Panels of equal width are copied together, row by row of B.
    private void copyB(Arguments arguments, Group group, int panel, int end) {
      int from = firstVector(panel) * lanes;
      arguments
          .set(PackCode.FROM, b.address() + 4 * (kStart(group.kBlock) * b.stride() + from))
          .set(PackCode.WIDTH, columns(panel))
          .set(PackCode.PARTS, end - panel)
          .set(PackCode.TO, packedPanel(group, panel))
          .set(PackCode.TO_ROW, 4L * width(panel))
          .set(PackCode.TO_PART, 4L * width(panel) * height(group));
      kernels.get("panels", PackCode::panels).call(arguments.address());
    }

    private void transposeB(Arguments arguments, Group group, int panel) {
      int from = firstVector(panel) * lanes;
      int columns = columns(panel);
      arguments.set(PackCode.TO_ROW, 4L * width(panel));
      Kernel transpose =
          b.halves()
              ? kernels.get("transpose halves", PackCode::transposeHalves)
              : kernels.get("transpose", PackCode::transpose);
      for (int j = 0; j < columns; j += lanes) {
        arguments
            .set(
                PackCode.FROM,
                b.address() + b.bytes((from + j) * b.stride() + kStart(group.kBlock)))
            .set(PackCode.WIDTH, Math.min(lanes, columns - j))
            .set(PackCode.TO, packedPanel(group, panel) + 4L * j);
        transpose.call(arguments.address());
      }
    }

    private long packedTile(Group group) {
      return 4L * (tileRows * height(group) + GAP);
    }

    /// Packs rows of a transposed A: of each tile the elements for one step of k side by side.
    private void packA(Arguments arguments, Group group, int row, int rows) {
      int height = height(group);
      int rest = rows % tileRows;
      long tile = packedTile(group);
      Kernel split = kernels.get("tiles", PackCode::tiles);
      arguments
          .set(PackCode.FROM_ROW, 4 * a.stride())
          .set(PackCode.LENGTH, height)
          .set(PackCode.TO_ROW, 4L * tileRows)
          .set(PackCode.TO_PART, tile);
      if (rows > rest) {
        arguments
            .set(PackCode.FROM, a.address() + 4 * (kStart(group.kBlock) * a.stride() + row))
            .set(PackCode.WIDTH, tileRows)
            .set(PackCode.TO, group.a)
            .set(PackCode.PARTS, rows / tileRows);
        split.call(arguments.address());
      }
      if (rest > 0) {
        int last = rows - rest;
        arguments
            .set(PackCode.FROM, a.address() + 4 * (kStart(group.kBlock) * a.stride() + row + last))
            .set(PackCode.WIDTH, rest)
            .set(PackCode.TO, group.a + last / tileRows * tile)
            .set(PackCode.PARTS, 1);
        split.call(arguments.address());
      }
    }

    /// Some rows of a group's panels.
    private void rows(Arguments arguments, Group group, int row, int rows) {
      int start = kStart(group.kBlock);
      long aAt = a.address() + 4 * (row * a.stride() + start);
      long aRow = 4 * a.stride();
      long aTile = aRow * tileRows;
      if (a.transposed()) {
        packA(arguments, group, row, rows);
        aAt = group.a;
        aRow = 4L * tileRows;
        aTile = packedTile(group);
      }
      for (int panel = group.first; panel < group.end; panel++) {
        int from = firstVector(panel) * lanes;
        int width = width(panel) / lanes;
        tiles.multiply(
            arguments,
            rows,
            width,
            Math.min(lanes, n - from - (width - 1) * lanes),
            height(group),
            aAt,
            aRow,
            aTile,
            a.transposed(),
            packB ? packedPanel(group, panel) : b.address() + 4 * (start * b.stride() + from),
            packB ? 4L * lanes * width : 4 * b.stride(),
            c + 4 * (row * stride + from),
            4 * stride,
            accumulate || group.kBlock > 0,
            a.transposed() || panel > group.first ? 0 : rows * aRow);
        if (group.kBlock == kBlocks - 1 && !epilogue.isEmpty()) {
          Kernel kernel = epilogue.kernel(kernels);
          epilogue.apply(kernel, arguments, c, row, from, rows, columns(panel), n);
        }
      }
    }
  }
}
