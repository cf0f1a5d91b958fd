package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.BYTES;
import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.FLOATS;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;
import static dev.heed.kernels.vector.Lanes.zero;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;

/// The innermost loop of every product: a tile of C, [#ROWS] rows by 1 or [#VECTORS] vectors, stays
/// in registers while k runs over a panel of A and a panel of B.
///
/// Both panels are packed, so that each step of k moves by a constant: C2 then takes the bounds
/// checks out of the loop. The loop must not be unrolled by hand, nor the tile be larger: three
/// vectors would be 3% faster, and so many nodes that C2 now and then gives up on it, see
/// [Functions].
final class Tile {
  /// The rows of a tile; the panels of A are as wide.
  static final int ROWS = 8;

  /// The vectors of a wide tile; the panels of B are as wide, or 1 vector.
  static final int VECTORS = 2;

  /// The floats of the largest tile.
  static final int SIZE = ROWS * VECTORS * COUNT;

  /// The bytes between steps of k in a panel of A.
  private static final int A_STEP = 4 * ROWS;

  /// Whether there are 32 vector registers, else 16.
  private static final boolean MANY_REGISTERS =
      BYTES == 64 || System.getProperty("os.arch", "").toLowerCase(Locale.ROOT).equals("aarch64");

  private Tile() {}

  /// Computes the tile that is the panel of A at `a` times the panel of B at `b`, both of `height`
  /// steps of k, and writes it to `tile`, row after row.
  ///
  /// @param vectors the panel's and the tile's width: 1 or [#VECTORS]
  static void multiply(
      int vectors,
      MemorySegment left,
      long a,
      MemorySegment right,
      long b,
      int height,
      float[] tile) {
    if (vectors == 1) {
      narrow(left, a, right, b, height, tile, 0);
    } else if (MANY_REGISTERS) {
      wide(left, a, right, b, height, tile, 0);
    } else {
      half(left, a, right, b, height, tile, 0);
      half(left, a + A_STEP / 2, right, b, height, tile, ROWS / 2 * VECTORS * COUNT);
    }
  }

  /// Writes the first `rows` rows and `columns` columns of a tile to `out` at `c`, where rows are
  /// `row` bytes apart, or adds them to what is there.
  ///
  /// This is no part of the loops that compute the tile, which have nodes enough.
  static void put(
      int vectors,
      float[] tile,
      MemorySegment out,
      long c,
      long row,
      int rows,
      int columns,
      boolean add) {
    boolean whole = vectors == VECTORS && columns == VECTORS * COUNT;
    for (int i = 0; i < rows; i++) {
      int from = i * vectors * COUNT;
      long to = c + i * row;
      if (whole) {
        FloatVector x0 = FloatVector.fromArray(FLOATS, tile, from);
        FloatVector x1 = FloatVector.fromArray(FLOATS, tile, from + COUNT);
        if (add) {
          x0 = x0.add(load(out, to));
          x1 = x1.add(load(out, to + BYTES));
        }
        store(x0, out, to);
        store(x1, out, to + BYTES);
      } else {
        putPart(tile, from, out, to, columns, add);
      }
    }
  }

  private static void putPart(
      float[] tile, int from, MemorySegment out, long to, int columns, boolean add) {
    int whole = Lanes.whole(columns);
    for (int j = 0; j < whole; j += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, tile, from + j);
      store(add ? x.add(load(out, to + 4L * j)) : x, out, to + 4L * j);
    }
    for (int j = whole; j < columns; j++) {
      long at = to + 4L * j;
      float x = tile[from + j];
      out.set(JAVA_FLOAT_UNALIGNED, at, add ? x + out.get(JAVA_FLOAT_UNALIGNED, at) : x);
    }
  }

  private static FloatVector element(MemorySegment memory, long offset) {
    return Lanes.broadcast(memory.get(JAVA_FLOAT, offset));
  }

  /// 8 rows by 2 vectors.
  private static void wide(
      MemorySegment left, long a, MemorySegment right, long b, int height, float[] tile, int to) {
    FloatVector zero = zero();
    FloatVector c00 = zero;
    FloatVector c01 = zero;
    FloatVector c10 = zero;
    FloatVector c11 = zero;
    FloatVector c20 = zero;
    FloatVector c21 = zero;
    FloatVector c30 = zero;
    FloatVector c31 = zero;
    FloatVector c40 = zero;
    FloatVector c41 = zero;
    FloatVector c50 = zero;
    FloatVector c51 = zero;
    FloatVector c60 = zero;
    FloatVector c61 = zero;
    FloatVector c70 = zero;
    FloatVector c71 = zero;
    for (int k = 0; k < height; k++) {
      long at = a + (long) k * A_STEP;
      long from = b + (long) k * (2 * BYTES);
      FloatVector b0 = load(right, from);
      FloatVector b1 = load(right, from + BYTES);
      FloatVector a0 = element(left, at);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = element(left, at + 4);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = element(left, at + 8);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = element(left, at + 12);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = element(left, at + 16);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = element(left, at + 20);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      FloatVector a6 = element(left, at + 24);
      c60 = a6.fma(b0, c60);
      c61 = a6.fma(b1, c61);
      FloatVector a7 = element(left, at + 28);
      c70 = a7.fma(b0, c70);
      c71 = a7.fma(b1, c71);
    }
    c00.intoArray(tile, to + 0 * COUNT);
    c01.intoArray(tile, to + 1 * COUNT);
    c10.intoArray(tile, to + 2 * COUNT);
    c11.intoArray(tile, to + 3 * COUNT);
    c20.intoArray(tile, to + 4 * COUNT);
    c21.intoArray(tile, to + 5 * COUNT);
    c30.intoArray(tile, to + 6 * COUNT);
    c31.intoArray(tile, to + 7 * COUNT);
    c40.intoArray(tile, to + 8 * COUNT);
    c41.intoArray(tile, to + 9 * COUNT);
    c50.intoArray(tile, to + 10 * COUNT);
    c51.intoArray(tile, to + 11 * COUNT);
    c60.intoArray(tile, to + 12 * COUNT);
    c61.intoArray(tile, to + 13 * COUNT);
    c70.intoArray(tile, to + 14 * COUNT);
    c71.intoArray(tile, to + 15 * COUNT);
  }

  /// 4 rows by 2 vectors, for 16 registers.
  private static void half(
      MemorySegment left, long a, MemorySegment right, long b, int height, float[] tile, int to) {
    FloatVector zero = zero();
    FloatVector c00 = zero;
    FloatVector c01 = zero;
    FloatVector c10 = zero;
    FloatVector c11 = zero;
    FloatVector c20 = zero;
    FloatVector c21 = zero;
    FloatVector c30 = zero;
    FloatVector c31 = zero;
    for (int k = 0; k < height; k++) {
      long at = a + (long) k * A_STEP;
      long from = b + (long) k * (2 * BYTES);
      FloatVector b0 = load(right, from);
      FloatVector b1 = load(right, from + BYTES);
      FloatVector a0 = element(left, at);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = element(left, at + 4);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = element(left, at + 8);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = element(left, at + 12);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(tile, to + 0 * COUNT);
    c01.intoArray(tile, to + 1 * COUNT);
    c10.intoArray(tile, to + 2 * COUNT);
    c11.intoArray(tile, to + 3 * COUNT);
    c20.intoArray(tile, to + 4 * COUNT);
    c21.intoArray(tile, to + 5 * COUNT);
    c30.intoArray(tile, to + 6 * COUNT);
    c31.intoArray(tile, to + 7 * COUNT);
  }

  /// 8 rows by 1 vector.
  private static void narrow(
      MemorySegment left, long a, MemorySegment right, long b, int height, float[] tile, int to) {
    FloatVector zero = zero();
    FloatVector c00 = zero;
    FloatVector c10 = zero;
    FloatVector c20 = zero;
    FloatVector c30 = zero;
    FloatVector c40 = zero;
    FloatVector c50 = zero;
    FloatVector c60 = zero;
    FloatVector c70 = zero;
    for (int k = 0; k < height; k++) {
      long at = a + (long) k * A_STEP;
      long from = b + (long) k * (1 * BYTES);
      FloatVector b0 = load(right, from);
      FloatVector a0 = element(left, at);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = element(left, at + 4);
      c10 = a1.fma(b0, c10);
      FloatVector a2 = element(left, at + 8);
      c20 = a2.fma(b0, c20);
      FloatVector a3 = element(left, at + 12);
      c30 = a3.fma(b0, c30);
      FloatVector a4 = element(left, at + 16);
      c40 = a4.fma(b0, c40);
      FloatVector a5 = element(left, at + 20);
      c50 = a5.fma(b0, c50);
      FloatVector a6 = element(left, at + 24);
      c60 = a6.fma(b0, c60);
      FloatVector a7 = element(left, at + 28);
      c70 = a7.fma(b0, c70);
    }
    c00.intoArray(tile, to + 0 * COUNT);
    c10.intoArray(tile, to + 1 * COUNT);
    c20.intoArray(tile, to + 2 * COUNT);
    c30.intoArray(tile, to + 3 * COUNT);
    c40.intoArray(tile, to + 4 * COUNT);
    c50.intoArray(tile, to + 5 * COUNT);
    c60.intoArray(tile, to + 6 * COUNT);
    c70.intoArray(tile, to + 7 * COUNT);
  }
}
