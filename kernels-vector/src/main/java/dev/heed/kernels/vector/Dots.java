package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.part;
import static dev.heed.kernels.vector.Lanes.sum;
import static dev.heed.kernels.vector.Lanes.zero;

import dev.heed.kernels.vector.Packing.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// Products of a few rows with the transposed B, as dot products of rows: B is read once, where it
/// lies.
final class Dots {
  /// Products of up to so many rows are faster this way.
  static final int ROWS = 4;

  /// Columns at once.
  static final int COLUMNS = 4;

  private Dots() {}

  /// Columns `from` … `end` − 1 of C = A · Bᵀ (+ C where `add`).
  static void multiply(
      int m, int n, int k, Matrix a, Matrix b, MemorySegment c, boolean add, int from, int end) {
    for (int column = from; column < end; column += COLUMNS) {
      for (int row = 0; row < m; row++) {
        long to = 4 * ((long) row * n + column);
        long left = a.offset() + 4 * row * a.stride();
        long right = b.offset() + 4 * column * b.stride();
        if (column + COLUMNS <= end) {
          four(k, a.memory(), left, b.memory(), right, 4 * b.stride(), c, to, add);
        } else {
          for (int j = 0; j < end - column; j++) {
            float dot = dot(k, a.memory(), left, b.memory(), right + 4 * j * b.stride());
            put(dot, c, to + 4L * j, add);
          }
        }
      }
    }
  }

  private static void put(float value, MemorySegment c, long offset, boolean add) {
    float before = add ? c.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset) : 0;
    c.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, add ? before + value : value);
  }

  /// The dot product of `k` floats.
  static float dot(int k, MemorySegment a, long left, MemorySegment b, long right) {
    int whole = Lanes.whole(k);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      sum = load(a, left + 4L * i).fma(load(b, right + 4L * i), sum);
    }
    if (whole < k) {
      FloatVector x = part(a, left + 4L * whole, k - whole, 0);
      sum = x.fma(part(b, right + 4L * whole, k - whole, 0), sum);
    }
    return sum(sum);
  }

  private static void four(
      int k,
      MemorySegment a,
      long left,
      MemorySegment b,
      long right,
      long row,
      MemorySegment c,
      long to,
      boolean add) {
    int whole = Lanes.whole(k);
    FloatVector sum0 = zero();
    FloatVector sum1 = zero();
    FloatVector sum2 = zero();
    FloatVector sum3 = zero();
    for (int i = 0; i < whole; i += COUNT) {
      long from = right + 4L * i;
      FloatVector x = load(a, left + 4L * i);
      sum0 = x.fma(load(b, from), sum0);
      sum1 = x.fma(load(b, from + row), sum1);
      sum2 = x.fma(load(b, from + 2 * row), sum2);
      sum3 = x.fma(load(b, from + 3 * row), sum3);
    }
    int rest = k - whole;
    if (rest > 0) {
      long from = right + 4L * whole;
      FloatVector x = part(a, left + 4L * whole, rest, 0);
      sum0 = x.fma(part(b, from, rest, 0), sum0);
      sum1 = x.fma(part(b, from + row, rest, 0), sum1);
      sum2 = x.fma(part(b, from + 2 * row, rest, 0), sum2);
      sum3 = x.fma(part(b, from + 3 * row, rest, 0), sum3);
    }
    put(sum(sum0), c, to, add);
    put(sum(sum1), c, to + 4, add);
    put(sum(sum2), c, to + 8, add);
    put(sum(sum3), c, to + 12, add);
  }
}
