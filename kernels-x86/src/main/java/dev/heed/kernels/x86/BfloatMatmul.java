package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.MatmulGrid.part;

import dev.heed.kernels.x86.Product.Matrix;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;

/// The product of [Matmul] with factors rounded to bfloat16 and sums in F32: by AMX, else by
/// AVX512-BF16.
///
/// Both factors are rounded and packed in pairs along k: A by rows, B in panels as wide as a tile
/// of C. [BfloatCut] says how the product is cut into tasks and their turns, so that little is read
/// from beyond the second-level cache. A factor of which no other task needs the same part is
/// packed by its task, a little before it is used; the other before the tasks. The sums are added
/// in an order that depends on the sizes alone.
final class BfloatMatmul {
  /// Products with fewer rows are limited by the memory that B is read from.
  private static final int FEWEST_ROWS = 17;

  private static final int SHORTEST = 32;

  private static final int FEWEST_QUANTIZED = 32;

  /// Pairs of k in a turn of [TileCode]; packed factors are filled up to a multiple.
  private static final int TURN = 16;

  /// Pairs of k that are added up at once.
  static final int K_BLOCK = 512;

  /// Bytes between packed rows of A beyond what they hold, so that 16 of them do not fall into one
  /// set of the first-level cache.
  private static final int GAP = 64;

  /// Columns of a transposed A, and rows of B, that are packed at once.
  private static final int STRIP = 128;

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
  boolean takes(Product product) {
    return kernels.level().compareTo(Level.AVX512BF16) >= 0
        && (!product.b().halves() || product.k() % (2 * TURN) == 0)
        && product.m() >= FEWEST_ROWS
        && product.n() >= SHORTEST
        && product.k() >= SHORTEST;
  }

  /// Whether a product with weights of a quantised file gains by tiles over one with 8-bit
  /// activations, which reads the weights once for each few rows.
  boolean takesQuantized(int m, int n) {
    return tiles && m >= FEWEST_QUANTIZED && n >= SHORTEST;
  }

  /// The product with the transpose of quantised weights [n, k], which are brought to bfloat16 on
  /// the way: x [m, k] · weightsᵀ, without gaps.
  void multiply(int m, int n, int k, long x, DType type, long weights, long c, Epilogue epilogue) {
    Matrix a = new Matrix(x, k, false);
    QuantizedLayout layout = QuantizedLayout.of(type);
    Kernel unpack = kernels.get("unpack " + type, level -> UnpackCode.emit(level, layout));
    Product product = new Product(m, n, k, a, new Matrix(weights, k, true), c, n, false, epilogue);
    new Multiplication(product) {
      @Override
      void packB(Packed to, int first, int end) {
        int own = QuantizedLayout.ROWS;
        int columns = Math.min(k, 2 * (to.firstPair() + to.pairs())) - 2 * to.firstPair();
        try (Scratch scratch = Scratch.take(0)) {
          Arguments arguments = scratch.arguments();
          for (int row = first * panelColumns; row < Math.min(n, end * panelColumns); row += own) {
            long at = to.at(row / panelColumns) + 4L * (row % panelColumns);
            long before = layout.panelBytes(2 * to.firstPair());
            arguments
                .set(UnpackCode.W, weights + row / own * layout.panelBytes(k) + before)
                .set(UnpackCode.BLOCKS, columns / layout.blockColumns())
                .set(UnpackCode.TO, at)
                .set(UnpackCode.TO_ROW, panelRow);
            unpack.call(arguments.address());
          }
        }
      }
    }.run();
  }

  /// As [Matmul#multiply].
  void multiply(Product product) {
    new Multiplication(product).run();
  }

  private class Multiplication {
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
    final long panelRow;
    final BfloatCut cut;

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
      pairs = ((k + 1) / 2 + TURN - 1) / TURN * TURN;
      panels = (n + panelColumns - 1) / panelColumns;
      panelRow = 4L * panelColumns;
      cut = BfloatCut.of(m, panels, pairs, panelColumns, Parallel.threads());
    }

    final void run() {
      try (Scratch packedA = Scratch.take(cut.ownA() ? 0 : m * rowBytes(pairs) / 4);
          Scratch packedB = Scratch.take(cut.ownB() ? 0 : panels * panelBytes(pairs) / 4)) {
        Packed a = new Packed(packedA.address(), rowBytes(pairs), 0, 0, pairs);
        Packed b = new Packed(packedB.address(), panelBytes(pairs), 0, 0, pairs);
        int stripsOfA = cut.ownA() ? 0 : Math.ceilDiv(m, STRIP);
        int panelsAtOnce = STRIP / 32;
        int stripsOfB = cut.ownB() ? 0 : Math.ceilDiv(panels, panelsAtOnce);
        Parallel.run(
            stripsOfA + stripsOfB,
            task -> {
              if (task < stripsOfA) {
                packA(a, task * STRIP, Math.min(m, (task + 1) * STRIP));
              } else {
                int first = (task - stripsOfA) * panelsAtOnce;
                packB(b, first, Math.min(panels, first + panelsAtOnce));
              }
            });
        Parallel.run(
            cut.across() * cut.down(),
            task -> {
              int down = task / cut.across();
              int across = task % cut.across();
              block(
                  a,
                  b,
                  startOfRows(down),
                  startOfRows(down + 1),
                  part(panels, cut.across(), across),
                  part(panels, cut.across(), across + 1));
            });
      }
    }

    /// Parts of the rows begin at multiples of a tile.
    private int startOfRows(int part) {
      return part == cut.down() ? m : part(m, cut.down(), part) / 32 * 32;
    }

    private long rowBytes(int pairs) {
      return 4L * pairs + GAP;
    }

    private long panelBytes(int pairs) {
      return panelRow * pairs;
    }

    // ---- packing ----

    private void packA(Packed to, int first, int end) {
      for (int row = first; row < end; row += STRIP) {
        int until = Math.min(end, row + STRIP);
        try (Scratch own = Scratch.take(a.transposed() ? (long) STRIP * STRIP : 0)) {
          if (a.transposed()) {
            transposedToRows(own, a, row, until, to);
          } else {
            rows(own.arguments(), a, row, until, to, to.at(row), to.bytes());
          }
        }
      }
    }

    void packB(Packed to, int first, int end) {
      int from = first * panelColumns;
      int until = Math.min(n, end * panelColumns);
      long row = 4L * (to.pairs() + TURN);
      try (Scratch own = Scratch.take(b.transposed() ? 4 * row : 0)) {
        Arguments arguments = own.arguments();
        if (!b.transposed()) {
          int whole = (until - from) / panelColumns;
          int rest = (until - from) % panelColumns;
          arguments.set(HalvesCode.TO_PART, to.bytes());
          columns(
              arguments,
              b,
              from,
              to.firstPair(),
              to.pairs(),
              panelColumns,
              whole,
              to.at(first),
              panelRow);
          columns(
              arguments,
              b,
              from + whole * panelColumns,
              to.firstPair(),
              to.pairs(),
              rest,
              rest > 0 ? 1 : 0,
              to.at(first + whole),
              panelRow);
          return;
        }
        for (int column = from; column < until; column += 16) {
          int count = Math.min(16, until - column);
          int inPanel = column % panelColumns;
          long at = to.at(column / panelColumns) + 4L * inPanel;
          if (b.halves()) { // which are pairs along k as they lie
            long there = b.address() + 2 * (column * b.stride() + 2L * to.firstPair());
            transpose(arguments, there, 2 * b.stride(), count, to.pairs(), at, panelRow);
          } else {
            rows(arguments, b, column, column + count, to, own.address(), row);
            transpose(arguments, own.address(), row, count, to.pairs(), at, panelRow);
          }
        }
      }
    }

    /// Rows `first` … `end` − 1, contiguous in k, to rows of pairs.
    ///
    /// @param part which pairs
    private void rows(
        Arguments arguments, Matrix from, int first, int end, Packed part, long to, long toRow) {
      int column = 2 * part.firstPair();
      int columns = Math.min(k - column, 2 * part.pairs());
      long at = from.address() + 4 * (first * from.stride() + column);
      long fromRow = 4 * from.stride();
      HalvesCode.round(kernels, arguments, at, fromRow, end - first, columns, to, toRow);
    }

    /// Pairs `firstPair` … of the rows, which are steps of k, in parts of `width` columns from
    /// `column` on; [HalvesCode#TO_PART] is set where there are several.
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
          .set(HalvesCode.TO_ROW, toRow);
      kernels.get("halves of columns", HalvesCode::columns).call(arguments.address());
    }

    /// Columns `first` … `end` − 1 of a matrix whose rows are steps of k, to rows of pairs.
    private void transposedToRows(Scratch own, Matrix from, int first, int end, Packed to) {
      int width = end - first;
      long row = 4L * STRIP;
      for (int pair = 0; pair < to.pairs(); pair += STRIP) {
        int count = Math.min(STRIP, to.pairs() - pair);
        int firstPair = to.firstPair() + pair;
        columns(own.arguments(), from, first, firstPair, count, width, 1, own.address(), row);
        for (int i = 0; i < count; i += 16) {
          long at = to.at(first) + 4L * (pair + i);
          transpose(own.arguments(), own.address() + i * row, row, 16, width, at, to.bytes());
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

    private void block(
        Packed packedA, Packed packedB, int first, int end, int panel, int endPanel) {
      int depth = cut.depth();
      int most = cut.rowsAtOnce();
      int group = cut.ownB() ? Math.min(endPanel - panel, cut.panelsAtOnce()) : endPanel - panel;
      long floatsOfA = cut.ownA() ? Math.min(most, end - first) * rowBytes(depth) / 4 : 0;
      long floatsOfB = cut.ownB() ? group * panelBytes(depth) / 4 : 0;
      try (Scratch own = Scratch.take(floatsOfA + floatsOfB)) {
        for (int from = 0; from < pairs; from += depth) {
          int count = Math.min(depth, pairs - from);
          for (int p = panel; p < endPanel; p += group) {
            int endOfGroup = Math.min(endPanel, p + group);
            Packed b = packedB;
            if (cut.ownB()) {
              b = new Packed(own.address(), panelBytes(count), p, from, count);
              packB(b, p, endOfGroup);
            }
            for (int row = first; row < end; row += most) {
              int endOfLot = Math.min(end, row + most);
              Packed a = packedA;
              if (cut.ownA()) {
                a = new Packed(own.address(), rowBytes(count), row, from, count);
                packA(a, row, endOfLot);
              }
              for (int at = p; at < endOfGroup; at++) {
                multiply(own.arguments(), a, b, row, endOfLot, at, from, from + count);
              }
            }
          }
        }
      }
    }

    /// Rows `first` … `end` − 1 of one panel, from pair `from` to before `until`.
    private void multiply(
        Arguments arguments,
        Packed a,
        Packed b,
        int first,
        int end,
        int panel,
        int from,
        int until) {
      int column = panel * panelColumns;
      int columns = Math.min(panelColumns, n - column);
      for (int pair = from; pair < until; pair += K_BLOCK) {
        multiply(
            arguments,
            end - first,
            columns,
            Math.min(K_BLOCK, until - pair),
            a.at(first) + 4L * (pair - a.firstPair()),
            a.bytes(),
            b.at(panel) + panelRow * (pair - b.firstPair()),
            c + 4 * (first * stride + column),
            accumulate || pair > 0);
      }
      if (!epilogue.isEmpty() && until == pairs) {
        Kernel kernel = epilogue.kernel(kernels);
        epilogue.apply(kernel, arguments, c, first, column, end - first, columns, n);
      }
    }

    private void multiply(
        Arguments arguments,
        int rows,
        int columns,
        int depth,
        long a,
        long aRow,
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
          .set(MatmulCode.K, Math.min(TileCode.FETCHING_TURNS, depth / TURN))
          .set(TileCode.LATER_TURNS, Math.max(0, depth / TURN - TileCode.FETCHING_TURNS))
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
      TileConfiguration.set(arguments, TileCode.CONFIGURATION, rows, columns, 4 * TURN);
      TileCode code = new TileCode(rows > 16, columns > 16);
      kernels.get(code.key(), code::emit).call(arguments.address());
    }
  }

  /// Rows of A, or panels of B, packed one after the other.
  ///
  /// @param bytes from one to the next
  /// @param first which one is at `address`
  /// @param firstPair the first pair of k that is here
  /// @param pairs how many pairs of k are here
  private record Packed(long address, long bytes, int first, int firstPair, int pairs) {
    long at(int index) {
      return address + (index - first) * bytes;
    }
  }
}
