package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import org.jspecify.annotations.Nullable;

/// The innermost code of the matrix product: a tile of C in registers, one step of k at a time.
///
/// The tile has `rows` × `vectors`·lanes elements. Each step loads `vectors` vectors of B, repeats
/// one element of A per row in all lanes, and multiplies: with 8 × 3 vectors of AVX-512 that is 24
/// multiply-adds for 11 loads, so that arithmetic, not memory, is the limit. Every element of C is
/// summed over k in ascending order, whatever the tile.
///
/// Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
///
/// @param rows the rows of the tile
/// @param vectors the vectors in each row of the tile
/// @param byColumns whether the elements of A for one step of k lie side by side, as in a packed or
///   a transposed A; otherwise its rows do
/// @param partial whether the last vector of a row has fewer columns than lanes
/// @param halves whether each element is a pair of bfloat16, whose products are both added
/// @param fetches whether rows of A that come later are brought into the second-level cache on the
///   way
record MatmulCode(
    int rows, int vectors, boolean byColumns, boolean partial, boolean halves, boolean fetches) {
  /// Slots of the argument block. Strides are in bytes.
  static final int A = 0;

  /// Between rows of A, or, by columns, between steps of k.
  static final int A_ROW = 1;

  /// Between the A of one tile and that of the tile below it.
  static final int A_TILE = 2;

  static final int B = 3;

  /// Between rows of B, one for each step of k.
  static final int B_ROW = 4;

  /// Steps of k.
  static final int K = 5;

  static final int C = 6;
  static final int C_ROW = 7;

  /// How many tiles lie below each other.
  static final int TILES = 8;

  /// 1 to add to C, 0 to overwrite it.
  static final int ACCUMULATE = 9;

  /// Columns in the last vector, 1…lanes.
  static final int COLUMNS = 10;

  /// How far below the rows of A those are that come later, in bytes.
  static final int AHEAD = 11;

  private static final int UNROLL = 4;

  /// With it, a cache line of every row passes in one turn of the loop.
  private static final int UNROLL_FETCHING = 16;

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MatmulCode that
        && rows == that.rows
        && vectors == that.vectors
        && byColumns == that.byColumns
        && partial == that.partial
        && halves == that.halves
        && fetches == that.fetches;
  }

  @Override
  public int hashCode() {
    int hash = rows;
    hash = 31 * hash + vectors;
    hash = 31 * hash + (byColumns ? 1 : 0);
    hash = 31 * hash + (partial ? 1 : 0);
    hash = 31 * hash + (halves ? 1 : 0);
    hash = 31 * hash + (fetches ? 1 : 0);
    return hash;
  }

  byte[] emit(Level level) {
    return new Emission(this, new VectorCode(level)).emit();
  }

  private static final class Emission {
    private final MatmulCode shape;
    private final VectorCode code;
    private final Assembler asm;
    private final Vec[][] sums;
    private final Vec[] b;
    private final Vec[] a = new Vec[2];
    private final Gpr aAt;
    private final Gpr aAt4;
    private final Gpr aRow;
    private final Gpr aRow3;
    private final Gpr bAt;
    private final Gpr bRow;
    private final int unroll;
    private final @Nullable Gpr ahead;

    Emission(MatmulCode shape, VectorCode code) {
      this.shape = shape;
      this.code = code;
      this.asm = code.asm;
      sums = new Vec[shape.rows][shape.vectors];
      for (Vec[] row : sums) {
        for (int v = 0; v < row.length; v++) {
          row[v] = code.vec();
        }
      }
      b = new Vec[shape.vectors];
      for (int v = 0; v < b.length; v++) {
        b[v] = code.vec();
      }
      a[0] = code.vec();
      // AVX2 has no register left where one is needed for the mask.
      a[1] = shape.partial && !code.level.isWide() ? a[0] : code.vec();
      aAt = code.gpr();
      aAt4 = code.gpr();
      aRow = code.gpr();
      aRow3 = code.gpr();
      bAt = code.gpr();
      bRow = code.gpr();
      unroll = shape.fetches ? UNROLL_FETCHING : UNROLL;
      ahead = shape.fetches ? code.gpr() : null;
    }

    byte[] emit() {
      Gpr aTile = code.argument(A);
      Gpr c = code.argument(C);
      Gpr cRow = code.argument(C_ROW);
      Gpr tiles = code.argument(TILES);
      Gpr k = code.gpr();
      asm.mov(aRow, VectorCode.slot(A_ROW));
      asm.lea(aRow3, Address.at(aRow, aRow, 2));
      asm.mov(bRow, VectorCode.slot(B_ROW));
      if (ahead != null) {
        asm.mov(ahead, VectorCode.slot(AHEAD));
      }
      if (shape.partial) {
        Gpr columns = code.argument(COLUMNS);
        // The mask is set once; only the last vector of a row is read and written under it.
        code.mask(columns);
        code.free(columns);
      }
      code.countDown(tiles, () -> tile(aTile, c, cRow, k));
      return code.finish();
    }

    private void tile(Gpr aTile, Gpr c, Gpr cRow, Gpr k) {
      prefetchC(c, cRow);
      asm.mov(aAt, aTile);
      asm.mov(bAt, VectorCode.slot(B));
      if (!shape.byColumns && shape.rows > 4) {
        asm.lea(aAt4, Address.at(aAt, aRow, 4));
      }
      for (Vec[] row : sums) {
        for (Vec sum : row) {
          code.clear(sum);
        }
      }
      products(k);
      finish(c, cRow);
      asm.add(aTile, VectorCode.slot(A_TILE));
    }

    /// The tile of C is needed only at the end, when it has had the time to arrive.
    private void prefetchC(Gpr c, Gpr cRow) {
      Gpr at = code.gpr();
      asm.mov(at, c);
      for (int r = 0; r < shape.rows; r++) {
        for (int v = 0; v < shape.vectors; v++) {
          asm.prefetch(Address.at(at, v * code.bytes));
        }
        if (r + 1 < shape.rows) {
          asm.add(at, cRow);
        }
      }
      code.free(at);
    }

    private void fetch(int row, Gpr distance) {
      Gpr at = code.gpr();
      asm.lea(at, elementOfA(row, 0));
      asm.prefetchToSecondLevel(Address.at(at, distance, 1));
      code.free(at);
    }

    private void products(Gpr k) {
      asm.mov(k, VectorCode.slot(K));
      Label single = new Label();
      Label end = new Label();
      Label top = new Label();
      asm.sub(k, unroll);
      asm.jump(Condition.LESS, single);
      asm.alignCode(32);
      asm.bind(top);
      for (int i = 0; i < unroll; i++) {
        if (ahead != null && i % 2 == 1 && i / 2 < shape.rows) {
          fetch(i / 2, ahead);
        }
        step(i);
      }
      advance(unroll);
      asm.sub(k, unroll);
      asm.jump(Condition.NOT_LESS, top);
      asm.bind(single);
      asm.add(k, unroll);
      asm.jump(Condition.ZERO, end);
      Label one = new Label();
      asm.bind(one);
      step(0);
      advance(1);
      asm.sub(k, 1);
      asm.jump(Condition.NOT_ZERO, one);
      asm.bind(end);
    }

    private void step(int i) {
      for (int v = 0; v < shape.vectors; v++) {
        Address from = Address.at(bAt, v * code.bytes);
        if (shape.partial && v == shape.vectors - 1) {
          code.loadMasked(b[v], from);
        } else {
          asm.emit(VMOVUPS, b[v], from);
        }
      }
      for (int r = 0; r < shape.rows; r++) {
        Vec element = a[r & 1];
        asm.emit(VBROADCASTSS, element, elementOfA(r, i));
        for (int v = 0; v < shape.vectors; v++) {
          asm.emit(shape.halves ? VDPBF16PS : VFMADD231PS, sums[r][v], element, b[v]);
        }
      }
      asm.add(bAt, bRow);
      if (shape.byColumns) {
        asm.add(aAt, aRow);
      }
    }

    private Address elementOfA(int r, int step) {
      if (shape.byColumns) {
        return Address.at(aAt, 4 * r);
      }
      Gpr base = r < 4 ? aAt : aAt4;
      return switch (r & 3) {
        case 0 -> Address.at(base, 4 * step);
        case 1 -> Address.at(base, aRow, 1, 4 * step);
        case 2 -> Address.at(base, aRow, 2, 4 * step);
        default -> Address.at(base, aRow3, 1, 4 * step);
      };
    }

    private void advance(int steps) {
      if (!shape.byColumns) {
        asm.add(aAt, 4 * steps);
        if (shape.rows > 4) {
          asm.add(aAt4, 4 * steps);
        }
      }
    }

    /// Adds what C holds, if asked, stores the tile, and moves on to the one below.
    private void finish(Gpr c, Gpr cRow) {
      Label store = new Label();
      Gpr at = code.gpr();
      asm.mov(at, VectorCode.slot(ACCUMULATE));
      asm.test(at, at);
      asm.jump(Condition.ZERO, store);
      asm.mov(at, c);
      for (int r = 0; r < shape.rows; r++) {
        for (int v = 0; v < shape.vectors; v++) {
          Address from = Address.at(at, v * code.bytes);
          if (shape.partial && v == shape.vectors - 1) {
            code.loadMasked(b[0], from);
            asm.emit(VADDPS, sums[r][v], sums[r][v], b[0]);
          } else {
            asm.emit(VADDPS, sums[r][v], sums[r][v], from);
          }
        }
        asm.add(at, cRow);
      }
      asm.bind(store);
      for (int r = 0; r < shape.rows; r++) {
        for (int v = 0; v < shape.vectors; v++) {
          Address to = Address.at(c, v * code.bytes);
          if (shape.partial && v == shape.vectors - 1) {
            code.storeMasked(to, sums[r][v]);
          } else {
            asm.emit(VMOVUPS_STORE, to, sums[r][v]);
          }
        }
        asm.add(c, cRow);
      }
      code.free(at);
    }
  }
}
