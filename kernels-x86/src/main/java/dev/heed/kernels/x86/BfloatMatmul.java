package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.MatmulGrid.part;

import dev.heed.kernels.x86.Matmul.Matrix;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;

/// The product of [Matmul] with factors rounded to bfloat16 and sums in F32: by AMX, else by
/// AVX512-BF16.
///
/// Both factors are rounded and packed in pairs along k: A by rows, B in panels as wide as a tile
/// of C. Tasks take some rows of some panels; so many rows at a time that their A stays in the
/// second-level cache, and blocks of k so short that the panel's part stays in the first. B is
/// packed before the tasks; A too where several tasks have the same rows, else by its task, a
/// little before it is used. The sums are added in an order that depends on the sizes alone.
final class BfloatMatmul {
  /// Products with fewer rows are limited by the memory that B is read from.
  private static final int FEWEST_ROWS = 17;

  private static final int SHORTEST = 32;

  private static final int FEWEST_QUANTIZED = 32;

  /// Pairs of k in a turn of [TileCode]; packed factors are filled up to a multiple.
  private static final int TURN = 16;

  /// Pairs of k in a block.
  private static final int K_BLOCK = 512;

  /// Bytes of packed A that a task goes over for each panel.
  private static final int ROWS_BYTES = 768 << 10;

  /// Bytes between packed rows of A beyond what they hold, so that 16 of them do not fall into one
  /// set of the first-level cache.
  private static final int GAP = 64;

  /// Columns of a transposed A, and rows of B, that are packed at once.
  private static final int STRIP = 128;

  private static final int TASKS_PER_THREAD = 4;

  /// Rows that are worth a task of their own.
  private static final int LEAST_ROWS = 64;

  private final KernelCache kernels;
  private final boolean tiles;
  private final Tiles vectors;
  private final int panelColumns;

  BfloatMatmul(KernelCache kernels) {
    this.kernels = kernels;
    this.tiles = kernels.level() == Level.AMX;
    this.vectors = new Tiles(kernels, true);
    this.panelColumns = kernels.level().lanes() * (tiles ? 2 : vectors.widest());
  }

  /// Whether the level has products of bfloat16 and one of this size gains by them.
  boolean takes(int m, int n, int k) {
    return kernels.level().compareTo(Level.AVX512BF16) >= 0
        && m >= FEWEST_ROWS
        && n >= SHORTEST
        && k >= SHORTEST;
  }

  /// Whether a product with quantised weights gains by tiles over one with 8-bit activations, which
  /// reads the weights once for each few rows.
  boolean takesQuantized(int m, int n) {
    return tiles && m >= FEWEST_QUANTIZED && n >= SHORTEST;
  }

  /// The product with the transpose of quantised weights [n, k], which are brought to bfloat16 on
  /// the way: x [m, k] · weightsᵀ, without gaps.
  void multiply(int m, int n, int k, long x, DType type, long weights, long c, Epilogue epilogue) {
    Matrix a = new Matrix(x, k, false);
    QuantizedLayout layout = QuantizedLayout.of(type);
    Kernel unpack = kernels.get("unpack " + type, level -> UnpackCode.emit(level, layout));
    new Product(m, n, k, a, new Matrix(weights, k, true), c, n, false, epilogue) {
      @Override
      void packB(long to, int first, int end) {
        int own = QuantizedLayout.ROWS;
        try (Scratch scratch = Scratch.take(0)) {
          Arguments arguments = scratch.arguments();
          for (int row = first * panelColumns; row < Math.min(n, end * panelColumns); row += own) {
            long at = panel(to, row / panelColumns) + 4L * (row % panelColumns);
            arguments
                .set(UnpackCode.W, weights + row / own * layout.panelBytes(k))
                .set(UnpackCode.BLOCKS, k / layout.blockColumns())
                .set(UnpackCode.TO, at)
                .set(UnpackCode.TO_ROW, panelRow);
            unpack.call(arguments.address());
          }
        }
      }
    }.run();
  }

  /// As [Matmul#multiply].
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
    new Product(m, n, k, a, b, c, stride, accumulate, epilogue).run();
  }

  private class Product {
    final int m;
    final int n;
    final int k;
    final Matrix a;
    final Matrix b;
    final long c;
    final long stride;
    final boolean accumulate;
    final Epilogue epilogue;

    /// Pairs of k, filled up.
    final int pairs;

    final int panels;
    final long aRow;
    final long panelRow;

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
      pairs = ((k + 1) / 2 + TURN - 1) / TURN * TURN;
      panels = (n + panelColumns - 1) / panelColumns;
      aRow = 4L * pairs + GAP;
      panelRow = 4L * panelColumns;
    }

    final void run() {
      int wanted = Parallel.threads() == 1 ? 1 : TASKS_PER_THREAD * Parallel.threads();
      int down = down(wanted);
      int across = across(wanted, down);
      try (Scratch packedA = Scratch.take(across == 1 ? 0 : m * aRow / 4);
          Scratch packedB = Scratch.take((long) panels * pairs * panelColumns)) {
        long toA = packedA.address();
        long toB = packedB.address();
        int stripsOfA = across == 1 ? 0 : (m + STRIP - 1) / STRIP;
        int panelsAtOnce = STRIP / 32;
        int stripsOfB = (panels + panelsAtOnce - 1) / panelsAtOnce;
        Parallel.run(
            stripsOfA + stripsOfB,
            task -> {
              if (task < stripsOfA) {
                int row = task * STRIP;
                packA(toA + row * aRow, row, Math.min(m, row + STRIP));
              } else {
                int first = (task - stripsOfA) * panelsAtOnce;
                packB(toB, first, Math.min(panels, first + panelsAtOnce));
              }
            });
        Parallel.run(
            across * down,
            task ->
                block(
                    across == 1 ? 0 : toA,
                    toB,
                    startOfRows(task / across, down),
                    startOfRows(task / across + 1, down),
                    part(panels, across, task % across),
                    part(panels, across, task % across + 1)));
      }
    }

    /// Into how many parts the rows are cut: so that the tasks together read least from beyond the
    /// second-level cache, A once for each part of the panels, B once for each lot of rows.
    private int down(int wanted) {
      int best = 1;
      double least = Double.POSITIVE_INFINITY;
      for (int down = 1; down <= Math.min(wanted, Math.max(1, m / LEAST_ROWS)); down *= 2) {
        int across = across(wanted, down);
        double lots = Math.max(down, (double) m / rowsAtOnce());
        double read = across * (double) m * aRow + lots * panels * pairs * panelRow;
        double cost = read * wanted / Math.min(wanted, down * across);
        if (cost < least) {
          least = cost;
          best = down;
        }
      }
      return best;
    }

    private int across(int wanted, int down) {
      return Math.min(panels, Math.ceilDiv(wanted, down));
    }

    /// How many rows of A stay in the second-level cache.
    private int rowsAtOnce() {
      return (int) Math.clamp(ROWS_BYTES / aRow / 32 * 32, 32, 4096);
    }

    /// Parts of the rows begin at multiples of a tile.
    private int startOfRows(int part, int parts) {
      return part == parts ? m : part(m, parts, part) / 32 * 32;
    }

    final long panel(long packedB, int panel) {
      return packedB + panel * panelRow * pairs;
    }

    // ---- packing ----

    /// @param to where row `first` goes
    private void packA(long to, int first, int end) {
      try (Scratch own = Scratch.take(a.transposed() ? (long) STRIP * STRIP : 0)) {
        if (a.transposed()) {
          transposedToRows(own, a, first, end, to, aRow);
        } else {
          rows(own.arguments(), a, first, end, to, aRow);
        }
      }
    }

    void packB(long to, int first, int end) {
      int from = first * panelColumns;
      int until = Math.min(n, end * panelColumns);
      try (Scratch own = Scratch.take(b.transposed() ? 16L * (pairs + TURN) : 0)) {
        if (!b.transposed()) {
          int whole = (until - from) / panelColumns;
          int rest = (until - from) % panelColumns;
          long at = panel(to, first);
          columns(own.arguments(), b, from, 0, pairs, panelColumns, whole, at, panelRow);
          columns(
              own.arguments(),
              b,
              from + whole * panelColumns,
              0,
              pairs,
              rest,
              rest > 0 ? 1 : 0,
              panel(to, first + whole),
              panelRow);
          return;
        }
        long row = 4L * (pairs + TURN);
        for (int column = from; column < until; column += 16) {
          int count = Math.min(16, until - column);
          rows(own.arguments(), b, column, column + count, own.address(), row);
          int inPanel = column % panelColumns;
          long at = panel(to, column / panelColumns) + 4L * inPanel;
          transpose(own.arguments(), own.address(), row, count, pairs, at, panelRow);
        }
      }
    }

    /// Rows `first` … `end` − 1, contiguous in k, to rows of pairs.
    private void rows(Arguments arguments, Matrix from, int first, int end, long to, long toRow) {
      int rest = k % 32;
      arguments
          .set(HalvesCode.FROM, from.address() + 4 * first * from.stride())
          .set(HalvesCode.FROM_ROW, 4 * from.stride())
          .set(HalvesCode.LENGTH, end - first)
          .set(HalvesCode.TO, to)
          .set(HalvesCode.TO_ROW, toRow)
          .set(HalvesCode.GROUPS, k / 32)
          .set(HalvesCode.LOW, Math.min(16, rest))
          .set(HalvesCode.HIGH, Math.max(0, rest - 16));
      kernels.get("halves of rows", HalvesCode::rows).call(arguments.address());
    }

    /// Pairs `firstPair` … of the rows, which are steps of k, in parts of `width` columns from
    /// `column` on.
    private void columns(
        Arguments arguments,
        Matrix from,
        int column,
        int firstPair,
        int count,
        int width,
        int parts,
        long to,
        long toRow) {
      if (parts == 0) {
        return;
      }
      int whole = Math.clamp(k / 2 - firstPair, 0, count);
      int odd = firstPair + whole < (k + 1) / 2 && whole < count ? 1 : 0;
      arguments
          .set(HalvesCode.FROM, from.address() + 4 * (2L * firstPair * from.stride() + column))
          .set(HalvesCode.FROM_ROW, 4 * from.stride())
          .set(HalvesCode.LENGTH, whole)
          .set(HalvesCode.ODD, odd)
          .set(HalvesCode.ZEROS, count - whole - odd)
          .set(HalvesCode.WIDTH, width)
          .set(HalvesCode.PARTS, parts)
          .set(HalvesCode.TO, to)
          .set(HalvesCode.TO_ROW, toRow)
          .set(HalvesCode.TO_PART, panelRow * pairs);
      kernels.get("halves of columns", HalvesCode::columns).call(arguments.address());
    }

    /// Columns `first` … `end` − 1 of a matrix whose rows are steps of k, to rows of pairs.
    private void transposedToRows(
        Scratch own, Matrix from, int first, int end, long to, long toRow) {
      int width = end - first;
      long row = 4L * STRIP;
      for (int pair = 0; pair < pairs; pair += STRIP) {
        int count = Math.min(STRIP, pairs - pair);
        columns(own.arguments(), from, first, pair, count, width, 1, own.address(), row);
        for (int i = 0; i < count; i += 16) {
          long at = to + 4L * (pair + i);
          transpose(own.arguments(), own.address() + i * row, row, 16, width, at, toRow);
        }
      }
    }

    /// `to[column][row] = from[row][column]` of 32 bits each, up to 16 rows.
    private void transpose(
        Arguments arguments, long from, long fromRow, int rows, int columns, long to, long toRow) {
      arguments
          .set(PackCode.FROM, from)
          .set(PackCode.FROM_ROW, fromRow)
          .set(PackCode.LENGTH, columns)
          .set(PackCode.WIDTH, rows)
          .set(PackCode.TO, to)
          .set(PackCode.TO_ROW, toRow);
      kernels.get("transpose", PackCode::transpose).call(arguments.address());
    }

    // ---- products ----

    /// @param packedA 0 if the task packs its rows itself
    private void block(long packedA, long packedB, int first, int end, int panel, int endPanel) {
      int most = rowsAtOnce();
      long packing = packedA == 0 ? Math.min(most, end - first) * aRow / 4 : 0;
      try (Scratch own = Scratch.take(packing)) {
        for (int row = first; row < end; row += most) {
          int rows = Math.min(most, end - row);
          long a = packedA + row * aRow;
          if (packedA == 0) {
            a = own.address();
            for (int i = 0; i < rows; i += STRIP) {
              packA(a + i * aRow, row + i, row + Math.min(rows, i + STRIP));
            }
          }
          for (int p = panel; p < endPanel; p++) {
            int from = p * panelColumns;
            int columns = Math.min(panelColumns, n - from);
            for (int pair = 0; pair < pairs; pair += K_BLOCK) {
              multiply(
                  own.arguments(),
                  rows,
                  columns,
                  Math.min(K_BLOCK, pairs - pair),
                  a + 4L * pair,
                  panel(packedB, p) + pair * panelRow,
                  c + 4 * (row * stride + from),
                  accumulate || pair > 0);
            }
            if (!epilogue.isEmpty()) {
              Kernel kernel = epilogue.kernel(kernels);
              epilogue.apply(kernel, own.arguments(), c, row, from, rows, columns, n);
            }
          }
        }
      }
    }

    private void multiply(
        Arguments arguments,
        int rows,
        int columns,
        int depth,
        long a,
        long b,
        long c,
        boolean add) {
      if (!tiles) {
        int lanes = kernels.level().lanes();
        int width = (columns + lanes - 1) / lanes;
        int last = columns - (width - 1) * lanes;
        long tile = aRow * vectors.rows();
        vectors.multiply(
            arguments,
            rows,
            width,
            last,
            depth,
            a,
            aRow,
            tile,
            false,
            b,
            panelRow,
            c,
            4 * stride,
            add,
            0);
        return;
      }
      arguments
          .set(MatmulCode.A, a)
          .set(MatmulCode.A_ROW, aRow)
          .set(MatmulCode.A_TILE, 32 * aRow)
          .set(MatmulCode.B, b)
          .set(MatmulCode.B_ROW, panelRow)
          .set(MatmulCode.K, depth / TURN)
          .set(MatmulCode.C, c)
          .set(MatmulCode.C_ROW, 4 * stride)
          .set(MatmulCode.ACCUMULATE, add ? 1 : 0);
      int whole = rows / 32;
      int rest = rows % 32;
      if (whole > 0) {
        tiles(arguments.set(MatmulCode.TILES, whole), 32, columns);
      }
      if (rest > 0) {
        arguments
            .set(MatmulCode.A, a + 32L * whole * aRow)
            .set(MatmulCode.C, c + 4 * stride * 32L * whole)
            .set(MatmulCode.TILES, 1);
        tiles(arguments, rest, columns);
      }
    }

    private void tiles(Arguments arguments, int rows, int columns) {
      TileConfiguration.set(arguments, TileCode.CONFIGURATION, rows, columns);
      TileCode code = new TileCode(rows > 16, columns > 16);
      kernels.get(code.key(), code::emit).call(arguments.address());
    }
  }
}
