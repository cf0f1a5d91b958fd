package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Fused attention over F32 tensors: tiles of queries meet tiles of keys, and the N×N weights are
/// never stored. Memory besides the results is linear in the length of a sequence.
///
/// A task packs the keys and values that its queries may attend to once, for all query heads that
/// share them. Forward, it is a run of queries; backward, all queries of a sequence under one
/// key/value head, so that no two tasks add to the same gradient. The cut depends on the lengths
/// alone.
///
/// A key that a query may not attend to contributes nothing to it even where it is NaN.
///
/// Source: Dao et al., "FlashAttention-2", 2023.
final class FlashAttention {
  static final double LOG2_E = 1.4426950408889634;
  static final double LN_2 = 0.6931471805599453;

  /// Queries that share the keys which a forward task packs.
  private static final int QUERIES_PER_TASK = 256;

  /// Up to as many rows of queries read the keys where they lie: packing would cost as much as the
  /// use.
  private static final int ROWS_IN_PLACE = 16;

  private final KernelCache kernels;

  FlashAttention(KernelCache kernels) {
    this.kernels = kernels;
  }

  /// [dev.heed.tensor.Kernels#attention] for tensors of F32.
  void forward(Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
    int sequences = a.queries().count();
    int[] firstRun = new int[sequences + 1];
    for (int i = 0; i < sequences; i++) {
      int runs = (a.queries().length(i) + QUERIES_PER_TASK - 1) / QUERIES_PER_TASK;
      firstRun[i + 1] = Math.addExact(firstRun[i], runs);
    }
    try (FlashCall call = new FlashCall(kernels, q, k, v, a, out, logSumExp)) {
      Parallel.run(
          Math.multiplyExact(firstRun[sequences], a.keyValueHeads()),
          task -> {
            int run = task / a.keyValueHeads();
            int found = Arrays.binarySearch(firstRun, run);
            int sequence = found >= 0 ? found : -found - 2;
            // Empty sequences begin where the next one does.
            while (firstRun[sequence + 1] == run) {
              sequence++;
            }
            int from = (run - firstRun[sequence]) * QUERIES_PER_TASK;
            int to = Math.min(a.queries().length(sequence), from + QUERIES_PER_TASK);
            forward(call, sequence, task % a.keyValueHeads(), from, to);
          });
    }
    Rows.keep(q, k, v, out, logSumExp, a.relativeBias(), a.keyMask());
  }

  private static void forward(FlashCall call, int sequence, int keyValueHead, int from, int to) {
    int lanes = call.level.lanes();
    boolean inPlace =
        (to - from) * call.group <= ROWS_IN_PLACE
            && call.a.keyMask() == null
            && call.keyWidth % lanes == 0
            && call.valueWidth % lanes == 0;
    VisibleKeys keys = new VisibleKeys(call.a, sequence, from, to);
    try (FlashForward task = FlashForward.of(call, sequence, keyValueHead, keys, inPlace)) {
      if (to - from == 1 && call.bias == null && call.group <= FlashTile.QUERIES) {
        // The heads that share the query's keys then are the rows of one tile.
        task.run(from, 0, call.group, true);
        return;
      }
      for (int head = 0; head < call.group; head++) {
        for (int query = from; query < to; query += FlashTile.QUERIES) {
          task.run(query, head, Math.min(FlashTile.QUERIES, to - query), false);
        }
      }
    }
  }

  /// [dev.heed.tensor.Kernels#attentionBackward] for tensors of F32.
  void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments a,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient) {
    int sequences = a.queries().count();
    try (FlashCall call = new FlashCall(kernels, q, k, v, a, out, logSumExp)) {
      int distances = biasGradient == null || call.bias == null ? 0 : call.bias.distances();
      // Sums of each sequence, added up in order: several sequences share a head's bias.
      long floats = (long) sequences * a.heads() * distances;
      try (Scratch sums = Scratch.take(floats)) {
        sums.memory().asSlice(0, 4 * floats).fill((byte) 0);
        FlashBackward.Gradients gradients =
            new FlashBackward.Gradients(
                outGradient.memory().address(),
                qGradient.memory().address(),
                kGradient.memory().address(),
                vGradient.memory().address(),
                distances == 0 ? 0 : sums.address());
        Parallel.run(
            sequences * a.keyValueHeads(),
            task -> {
              int sequence = task / a.keyValueHeads();
              int keyValueHead = task % a.keyValueHeads();
              int queries = a.queries().length(sequence);
              boolean allVisible = false;
              if (queries > 0) {
                VisibleKeys keys = new VisibleKeys(a, sequence, 0, queries);
                allVisible = keys.count() == a.keys().length(sequence);
                if (!allVisible) {
                  clear(kGradient, sequence, keyValueHead, a);
                  clear(vGradient, sequence, keyValueHead, a);
                }
                backward(call, sequence, keyValueHead, keys, gradients);
              } else {
                clear(kGradient, sequence, keyValueHead, a);
                clear(vGradient, sequence, keyValueHead, a);
              }
            });
        if (biasGradient != null && call.bias != null) {
          add(sums.memory(), call.bias, sequences, biasGradient);
        }
      }
    }
    Rows.keep(q, k, v, out, logSumExp, a.relativeBias(), a.keyMask());
    Rows.keep(outGradient, qGradient, kGradient, vGradient, biasGradient);
  }

  private static void backward(
      FlashCall call,
      int sequence,
      int keyValueHead,
      VisibleKeys keys,
      FlashBackward.Gradients gradients) {
    int queries = call.a.queries().length(sequence);
    try (FlashBackward task = FlashBackward.of(call, sequence, keyValueHead, keys, gradients)) {
      for (int head = 0; head < call.group; head++) {
        for (int query = 0; query < queries; query += FlashTile.QUERIES) {
          task.run(query, head, Math.min(FlashTile.QUERIES, queries - query));
        }
      }
      task.finish();
    }
  }

  /// Sets the gradients of one head of a sequence's keys or values to zero.
  private static void clear(Tensor gradient, int sequence, int keyValueHead, AttentionArguments a) {
    long width = gradient.shape().width() / a.keyValueHeads();
    for (int key = 0; key < a.keys().length(sequence); key++) {
      long row = (a.keys().start(sequence) + (long) key) * a.keyValueHeads() + keyValueHead;
      gradient.memory().asSlice(4 * width * row, 4 * width).fill((byte) 0);
    }
  }

  /// biasGradient += the sums of all sequences.
  private static void add(
      MemorySegment sums, RelativeBias bias, int sequences, Tensor biasGradient) {
    int heads = biasGradient.shape().rows();
    int width = biasGradient.shape().width();
    MemorySegment to = biasGradient.memory();
    for (int sequence = 0; sequence < sequences; sequence++) {
      for (int head = 0; head < heads; head++) {
        long row = (long) sequence * heads + head;
        for (int column = 0; column < width; column++) {
          int distance = width / 2 - column - bias.smallest();
          if (distance >= 0 && distance < bias.distances()) {
            float part = sums.getAtIndex(ValueLayout.JAVA_FLOAT, row * bias.distances() + distance);
            long at = (long) head * width + column;
            to.setAtIndex(
                ValueLayout.JAVA_FLOAT, at, to.getAtIndex(ValueLayout.JAVA_FLOAT, at) + part);
          }
        }
      }
    }
  }

  /// The dropout threshold less 1.
  static long bound(AttentionArguments a) {
    return CounterRandom.threshold(a.dropout()) - 1L;
  }
}
