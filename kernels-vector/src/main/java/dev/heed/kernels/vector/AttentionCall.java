package dev.heed.kernels.vector;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What the tasks of one call of attention share.
///
/// Lanes are queries: scores stand as [keys, queries], so that the softmax goes down columns and
/// needs no sums over lanes, and the matrix of weights is already the panel that the product with
/// the values takes. Keys that the mask hides are left out when keys and values are packed, so that
/// not even their NaNs are seen.
///
/// @param visible of each sequence, the keys that the mask does not hide
record AttentionCall(
    AttentionArguments arguments,
    MemorySegment queries,
    MemorySegment keys,
    MemorySegment values,
    int keyWidth,
    int valueWidth,
    int[][] visible) {
  /// Keys that are computed at once.
  static final int KEYS = 128;

  static AttentionCall of(AttentionArguments arguments, Tensor q, Tensor k, Tensor v) {
    int sequences = arguments.keys().count();
    int[][] visible = new int[sequences][];
    for (int i = 0; i < sequences; i++) {
      visible[i] = visible(arguments, i);
    }
    return new AttentionCall(
        arguments,
        q.memory(),
        k.memory(),
        v.memory(),
        k.shape().width() / arguments.keyValueHeads(),
        v.shape().width() / arguments.keyValueHeads(),
        visible);
  }

  private static int[] visible(AttentionArguments arguments, int sequence) {
    int start = arguments.keys().start(sequence);
    int length = arguments.keys().length(sequence);
    MemorySegment mask = arguments.keyMask() == null ? null : arguments.keyMask().memory();
    int[] visible = new int[length];
    int count = 0;
    for (int key = 0; key < length; key++) {
      if (mask == null || mask.getAtIndex(ValueLayout.JAVA_INT, start + key) != 0) {
        visible[count++] = key;
      }
    }
    return java.util.Arrays.copyOf(visible, count);
  }

  /// `count` rounded up to the rows of a tile.
  static int roundUp(int count) {
    return (count + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;
  }

  /// Rows as wide as a head of `width` columns among `heads`, from `firstRow` on.
  static Matrix head(
      MemorySegment memory, int firstRow, int heads, int head, int width, boolean transposed) {
    long stride = (long) heads * width;
    return new Matrix(memory, 4 * (firstRow * stride + (long) head * width), stride, transposed);
  }

  /// Packs a head of the keys, or of the values, of a sequence in tiles of rows: [tiles][width][8].
  void packRows(
      MemorySegment from, int width, int sequence, int head, MemorySegment panels, long to) {
    int count = visible[sequence].length;
    try (Scratch scratch = Scratch.take((long) count * width)) {
      Matrix rows = visibleRows(from, width, sequence, head, scratch.memory());
      for (int row = 0; row < count; row += Tile.ROWS) {
        int there = Math.min(Tile.ROWS, count - row);
        Packing.left(rows, row, there, 0, width, panels, to + 4L * row * width);
      }
    }
  }

  /// Packs it in tiles of columns: [tiles][keys][8].
  void packColumns(
      MemorySegment from, int width, int sequence, int head, MemorySegment panels, long to) {
    int count = visible[sequence].length;
    try (Scratch scratch = Scratch.take((long) count * width)) {
      Matrix rows = visibleRows(from, width, sequence, head, scratch.memory());
      Matrix columns = new Matrix(rows.memory(), rows.offset(), rows.stride(), true);
      for (int column = 0; column < width; column += Tile.ROWS) {
        int there = Math.min(Tile.ROWS, width - column);
        Packing.left(columns, column, there, 0, count, panels, to + 4L * column * count);
      }
    }
  }

  /// The visible rows of a head: where they lie if all are, else copied to `copies`.
  private Matrix visibleRows(
      MemorySegment from, int width, int sequence, int head, MemorySegment copies) {
    int[] rows = visible[sequence];
    int start = arguments.keys().start(sequence);
    Matrix all = head(from, start, arguments.keyValueHeads(), head, width, false);
    if (rows.length == arguments.keys().length(sequence)) {
      return all;
    }
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(
          from, all.offset() + 4 * rows[i] * all.stride(), copies, 4L * i * width, 4L * width);
    }
    return new Matrix(copies, 0, width, false);
  }

  /// The floats that [#packBias] writes.
  static long biasSize(int queries, int keys) {
    return Math.max(0, (long) Lanes.COUNT * Panels.of(queries) * Tile.VECTORS + keys);
  }

  /// Writes a head's relative bias such that query i and key j have theirs at i − j + keys − 1:
  /// then the lanes of a key's row stand side by side.
  void packBias(Tensor bias, int sequence, int head, MemorySegment to, long at) {
    int columns = bias.shape().width();
    int length = arguments.keys().length(sequence);
    int offset = arguments.queryOffset(sequence);
    long size = biasSize(arguments.queries().length(sequence), length);
    MemorySegment from = bias.memory();
    for (int x = 0; x < size; x++) {
      long column = (long) length - 1 - x - offset + columns / 2;
      boolean there = column >= 0 && column < columns;
      float value = there ? Lanes.get(from, 4 * ((long) head * columns + column)) : 0;
      Lanes.set(to, at + 4L * x, value);
    }
  }

  /// The dropout key of a query's row.
  int rowKey(int sequence, int head, int query) {
    int row = arguments.queries().start(sequence) + query;
    return CounterRandom.rowKey(
        arguments.dropoutKey(), (long) head * arguments.queries().rows() + row);
  }

  /// Whether some query does not see some key that others see.
  static boolean isSightLimited(AttentionArguments arguments) {
    return arguments.left() != Integer.MAX_VALUE || arguments.right() != Integer.MAX_VALUE;
  }
}
