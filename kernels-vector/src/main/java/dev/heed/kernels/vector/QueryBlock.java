package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.BYTES;
import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.FLOATS;
import static dev.heed.kernels.vector.Lanes.INTS;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// One panel of the queries of a head: which keys they see, and their scores, [keys, lanes].
///
/// Lanes beyond the last query see everything; what they compute goes nowhere.
final class QueryBlock {
  private final AttentionCall call;
  private final int sequence;
  private final int head;
  private final int[] visible;

  /// The first query's index in its sequence.
  final int first;

  /// The queries there are, at most as many as lanes.
  final int count;

  /// The block's width: 1 or [Tile#VECTORS].
  final int vectors;

  /// The bytes between rows of scores.
  final int row;

  /// The first of the visible keys that one of the queries sees, rounded down to a tile.
  final int firstKey;

  /// One past the last of the visible keys that one of the queries sees.
  final int endKey;

  /// All queries see the keys from here …
  private final int allFrom;

  /// … up to here; both are indices of keys in the sequence.
  private final int allEnd;

  private final MemorySegment memory;
  private final long panelAt;
  private final long boundsAt;
  private final long rowKeysAt;

  /// @param memory takes [#size] floats from `at` on
  QueryBlock(AttentionCall call, int sequence, int head, int block, MemorySegment memory, long at) {
    AttentionArguments a = call.arguments();
    int queries = a.queries().length(sequence);
    this.call = call;
    this.sequence = sequence;
    this.head = head;
    this.visible = call.visible()[sequence];
    this.first = Panels.start(block, queries);
    this.vectors = Panels.vectors(block, queries);
    this.row = vectors * BYTES;
    this.count = Math.min(vectors * COUNT, queries - first);
    int length = a.keys().length(sequence);
    int position = first + a.queryOffset(sequence);
    int last = position + count - 1;
    this.firstKey = atLeast(a.firstKey(position)) / Tile.ROWS * Tile.ROWS;
    this.endKey = Math.max(firstKey, atLeast(a.endKey(last, length)));
    this.allFrom = a.firstKey(last);
    this.allEnd = a.endKey(position, length);
    this.memory = memory;
    this.panelAt = at;
    this.boundsAt = at + (long) row * call.keyWidth();
    this.rowKeysAt = boundsAt + 2L * row;
    packQueries();
    packBounds(position, length);
    if (a.dropout() > 0) {
      packRowKeys();
    }
  }

  /// The floats that a block keeps.
  static long size(AttentionCall call) {
    return (call.keyWidth() + 3L) * Tile.VECTORS * COUNT;
  }

  /// How many of the visible keys come before `key`.
  private int atLeast(int key) {
    int found = java.util.Arrays.binarySearch(visible, key);
    return found >= 0 ? found : -found - 1;
  }

  private void packQueries() {
    AttentionArguments a = call.arguments();
    int start = a.queries().start(sequence) + first;
    Matrix transposed =
        AttentionCall.head(call.queries(), start, a.heads(), head, call.keyWidth(), true);
    Packing.right(transposed, 0, call.keyWidth(), 0, count, memory, panelAt, vectors * COUNT);
  }

  private void packBounds(int position, int length) {
    AttentionArguments a = call.arguments();
    for (int i = 0; i < vectors * COUNT; i++) {
      boolean there = i < count;
      long at = boundsAt + 4L * i;
      Lanes.set(memory, at, there ? a.firstKey(position + i) : 0);
      Lanes.set(memory, at + row, there ? a.endKey(position + i, length) : length);
    }
  }

  private void packRowKeys() {
    for (int i = 0; i < vectors * COUNT; i++) {
      int key = call.rowKey(sequence, head, first + i);
      memory.set(ValueLayout.JAVA_INT, rowKeysAt + 4L * i, key);
    }
  }

  /// Computes the scores of the visible keys `from` … `end` − 1, −∞ where a query does not see one.
  ///
  /// @param keys the keys in tiles of rows, from `keysAt` on
  /// @param bias the head's bias as [AttentionCall#packBias] writes it, at `biasAt`; unused without
  void scores(
      MemorySegment keys,
      long keysAt,
      MemorySegment bias,
      long biasAt,
      int from,
      int end,
      float[] tile,
      MemorySegment scores,
      long to) {
    AttentionArguments a = call.arguments();
    float scale = (float) a.scale();
    for (int key = from; key < end; key += Tile.ROWS) {
      long panel = keysAt + 4L * key * call.keyWidth();
      Tile.multiply(vectors, keys, panel, memory, panelAt, call.keyWidth(), tile);
      int floats = Math.min(Tile.ROWS, end - key) * vectors * COUNT;
      putScaled(tile, floats, scale, scores, to + (long) row * (key - from));
    }
    if (a.relativeBias() != null) {
      int length = a.keys().length(sequence);
      for (int key = from; key < end; key++) {
        long at = to + (long) row * (key - from);
        long diagonal = biasAt + 4L * (first - visible[key] + length - 1);
        Elementwise.add(scores, at, bias, diagonal, 1, scores, at, vectors * COUNT);
      }
    }
    for (int key = from; key < end; key++) {
      if (visible[key] < allFrom || visible[key] >= allEnd) {
        hide(visible[key], scores, to + (long) row * (key - from));
      }
    }
  }

  private static void putScaled(
      float[] tile, int count, float scale, MemorySegment scores, long to) {
    for (int i = 0; i < count; i += COUNT) {
      store(FloatVector.fromArray(FLOATS, tile, i).mul(scale), scores, to + 4L * i);
    }
  }

  private void hide(int key, MemorySegment scores, long at) {
    FloatVector index = broadcast(key);
    for (int i = 0; i < row; i += BYTES) {
      VectorMask<Float> hidden =
          load(memory, boundsAt + i)
              .compare(VectorOperators.GT, index)
              .or(load(memory, boundsAt + row + i).compare(VectorOperators.LE, index));
      store(load(scores, at + i).blend(Float.NEGATIVE_INFINITY, hidden), scores, at + i);
    }
  }

  /// Sets what dropout drops of the rows of keys `from` … `end` − 1 to 0 and scales up the others.
  void dropout(int from, int end, MemorySegment weights, long at) {
    int threshold = CounterRandom.threshold(call.arguments().dropout());
    float kept = (float) (1 / (1 - call.arguments().dropout()));
    for (int key = from; key < end; key++) {
      dropoutRow(visible[key], threshold, kept, weights, at + (long) row * (key - from));
    }
  }

  private void dropoutRow(int key, int threshold, float kept, MemorySegment weights, long at) {
    for (int i = 0; i < row; i += BYTES) {
      IntVector keys =
          IntVector.fromMemorySegment(INTS, memory, rowKeysAt + i, ByteOrder.nativeOrder());
      FloatVector scaled = load(weights, at + i).mul(kept);
      store(scaled.blend(0, Elementwise.dropped(keys, key, threshold)), weights, at + i);
    }
  }
}
