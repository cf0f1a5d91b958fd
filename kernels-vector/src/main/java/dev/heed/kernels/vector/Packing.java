package dev.heed.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/// Copies parts of matrices into panels: one step of k after the other, each as wide as a tile,
/// filled up with zeros.
final class Packing {
  private Packing() {}

  /// A matrix in memory.
  ///
  /// @param offset of its first element, in bytes
  /// @param stride elements between rows as stored
  /// @param transposed whether what is meant is the transposed matrix
  record Matrix(MemorySegment memory, long offset, long stride, boolean transposed) {
    private long at(long row, long column) {
      return offset + 4 * (row * stride + column);
    }
  }

  /// Packs rows `row` … of op(a), columns `column` … `column + height` − 1, into a panel of
  /// [Tile#ROWS] rows at `to`.
  ///
  /// @param rows how many of the panel's rows there are
  static void left(
      Matrix a, long row, int rows, long column, int height, MemorySegment panels, long to) {
    if (a.transposed) {
      copy(a.memory, a.at(column, row), a.stride, rows, height, panels, to, Tile.ROWS);
    } else {
      transpose(
          a.memory, a.at(row, column), a.stride, rows, height, panels, to, Tile.ROWS, Tile.ROWS);
    }
  }

  /// Packs columns `column` … of op(b), rows `row` … `row + height` − 1, into a panel of `width`
  /// columns at `to`.
  ///
  /// @param columns how many of the panel's columns there are
  static void right(
      Matrix b,
      long row,
      int height,
      long column,
      int columns,
      MemorySegment panels,
      long to,
      int width) {
    if (b.transposed) {
      transpose(b.memory, b.at(column, row), b.stride, columns, height, panels, to, width, width);
    } else {
      copy(b.memory, b.at(row, column), b.stride, columns, height, panels, to, width);
    }
  }

  /// to[k][j] = from[k][j] for j < `count`, else 0 for j < `width`.
  private static void copy(
      MemorySegment from,
      long at,
      long stride,
      int count,
      int height,
      MemorySegment panels,
      long to,
      int width) {
    for (int k = 0; k < height; k++) {
      long source = at + 4 * k * stride;
      long target = to + 4L * k * width;
      if (count == Tile.ROWS) {
        // A loop of one step would cost more than its body.
        for (int i = 0; i < 4 * Tile.ROWS; i += 8) {
          panels.set(JAVA_LONG_UNALIGNED, target + i, from.get(JAVA_LONG_UNALIGNED, source + i));
        }
      } else {
        for (int j = 0; j < width; j += Lanes.COUNT) {
          if (j + Lanes.COUNT <= count) {
            Lanes.store(Lanes.load(from, source + 4L * j), panels, target + 4L * j);
          } else {
            copyPart(from, source, count, panels, target, j, Math.min(width, j + Lanes.COUNT));
          }
        }
      }
    }
  }

  private static void copyPart(
      MemorySegment from,
      long source,
      int count,
      MemorySegment panels,
      long target,
      int first,
      int end) {
    for (int j = first; j < end; j++) {
      float value = j < count ? from.get(JAVA_FLOAT_UNALIGNED, source + 4L * j) : 0;
      panels.set(JAVA_FLOAT, target + 4L * j, value);
    }
  }

  /// to[k][j] = from[j][k] for j < `count`, else 0 for j < `width`; rows of the result are `step`
  /// elements apart.
  static void transpose(
      MemorySegment from,
      long at,
      long stride,
      int count,
      int height,
      MemorySegment out,
      long to,
      int width,
      long step) {
    int j = 0;
    for (; j + 8 <= count; j += 8) {
      transposeEight(from, at + 4 * j * stride, 4 * stride, height, out, to + 4L * j, 4 * step);
    }
    for (; j < width; j++) {
      for (int k = 0; k < height; k++) {
        float value = j < count ? from.get(JAVA_FLOAT_UNALIGNED, at + 4 * (j * stride + k)) : 0;
        out.set(JAVA_FLOAT_UNALIGNED, to + 4 * (k * step + j), value);
      }
    }
  }

  private static void transposeEight(
      MemorySegment from, long at, long row, int height, MemorySegment out, long to, long step) {
    long target = to;
    for (int k = 0; k < height; k++) {
      long source = at + 4L * k;
      out.set(JAVA_FLOAT_UNALIGNED, target, from.get(JAVA_FLOAT_UNALIGNED, source));
      out.set(JAVA_FLOAT_UNALIGNED, target + 4, from.get(JAVA_FLOAT_UNALIGNED, source + row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 8, from.get(JAVA_FLOAT_UNALIGNED, source + 2 * row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 12, from.get(JAVA_FLOAT_UNALIGNED, source + 3 * row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 16, from.get(JAVA_FLOAT_UNALIGNED, source + 4 * row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 20, from.get(JAVA_FLOAT_UNALIGNED, source + 5 * row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 24, from.get(JAVA_FLOAT_UNALIGNED, source + 6 * row));
      out.set(JAVA_FLOAT_UNALIGNED, target + 28, from.get(JAVA_FLOAT_UNALIGNED, source + 7 * row));
      target += step;
    }
  }
}
