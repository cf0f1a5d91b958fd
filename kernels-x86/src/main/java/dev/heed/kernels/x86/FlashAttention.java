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
  private static final int QUERIES_PER_TASK = 512;

  /// Pairs of query and key up to which a task takes more heads: half a millisecond.
  private static final long WORK_PER_TASK = 1 << 18;

  /// Tasks that there should be, if there are as many heads and runs, for processors with many
  /// cores.
  private static final int FEWEST_TASKS = 16;

  private final KernelCache kernels;

  FlashAttention(KernelCache kernels) {
    this.kernels = kernels;
  }

  /// [dev.heed.tensor.Kernels#attention] for tensors of F32.
  void forward(Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
    try (FlashCall call = new FlashCall(kernels, q, k, v, a, out, logSumExp, false)) {
      if (TokenAttention.takes(call)) {
        new TokenAttention(call).run();
      } else {
        forward(call);
      }
    }
    Rows.keep(q, k, v, out, logSumExp, a.relativeBias(), a.keyMask());
  }

  private static void forward(FlashCall call) {
    AttentionArguments a = call.a;
    int sequences = a.queries().count();
    int[] firstRun = new int[sequences + 1];
    for (int i = 0; i < sequences; i++) {
      int runs = (a.queries().length(i) + QUERIES_PER_TASK - 1) / QUERIES_PER_TASK;
      firstRun[i + 1] = Math.addExact(firstRun[i], runs);
    }
    int parts = headParts(a, QUERIES_PER_TASK, firstRun[sequences]);
    Parallel.run(
        Math.multiplyExact(firstRun[sequences], parts),
        task -> {
          int run = task / parts;
          int found = Arrays.binarySearch(firstRun, run);
          int sequence = found >= 0 ? found : -found - 2;
          // Empty sequences begin where the next one does.
          while (firstRun[sequence + 1] == run) {
            sequence++;
          }
          int from = (run - firstRun[sequence]) * QUERIES_PER_TASK;
          int to = Math.min(a.queries().length(sequence), from + QUERIES_PER_TASK);
          int end = firstHead(a, parts, task % parts + 1);
          for (int head = firstHead(a, parts, task % parts); head < end; head++) {
            forward(call, sequence, head, from, to, head + 1 < end);
          }
        });
  }

  /// Into how many parts the key/value heads are cut: a task does several heads where each is
  /// little work, and can then prepare the next one while it computes.
  private static int headParts(AttentionArguments a, int mostQueries, int runs) {
    long queries = Math.clamp(a.queries().longest(), FlashCall.ROWS_IN_PLACE, mostQueries);
    long work = Math.max(1, queries * a.keys().longest() * (a.heads() / a.keyValueHeads()));
    long most = Math.clamp((long) runs * a.keyValueHeads() / FEWEST_TASKS, 1, a.keyValueHeads());
    long heads = Math.clamp(WORK_PER_TASK / work, 1, most);
    return (int) ((a.keyValueHeads() + heads - 1) / heads);
  }

  private static int firstHead(AttentionArguments a, int parts, int part) {
    return (int) ((long) a.keyValueHeads() * part / parts);
  }

  private static void forward(
      FlashCall call, int sequence, int keyValueHead, int from, int to, boolean hasNext) {
    int lanes = call.level.lanes();
    boolean inPlace =
        !call.halves
            && (to - from) * call.group <= FlashCall.ROWS_IN_PLACE
            && call.a.keyMask() == null
            && call.keyWidth % lanes == 0
            && call.valueWidth % lanes == 0;
    VisibleKeys keys = new VisibleKeys(call.a, sequence, from, to);
    try (FlashForward task = new FlashForward(call, sequence, keyValueHead, keys, inPlace)) {
      if (hasNext) {
        task.prepareNext(from, to);
      }
      for (int head = 0; head < call.group; head++) {
        for (int query = from; query < to; query += FlashTile.QUERIES) {
          task.run(query, head, Math.min(FlashTile.QUERIES, to - query));
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
    try (FlashCall call = new FlashCall(kernels, q, k, v, a, out, logSumExp, true)) {
      int distances = biasGradient == null || call.bias == null ? 0 : call.bias.distances();
      // Sums of each sequence, added up in order: several sequences share a head's bias.
      long floats = (long) sequences * a.heads() * distances;
      try (Scratch sums = Scratch.take(floats)) {
        sums.memory().asSlice(0, 4 * floats).fill((byte) 0);
        FlashBackward.Gradients gradients =
            new FlashBackward.Gradients(
                outGradient.memory().address(),
                qGradient.memory().address(),
                kGradient.memory(),
                vGradient.memory(),
                distances == 0 ? 0 : sums.address());
        int parts = headParts(a, Integer.MAX_VALUE, sequences);
        Parallel.run(
            Math.multiplyExact(sequences, parts),
            task -> {
              int end = firstHead(a, parts, task % parts + 1);
              for (int head = firstHead(a, parts, task % parts); head < end; head++) {
                backward(call, task / parts, head, gradients, head + 1 < end);
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
      FlashBackward.Gradients gradients,
      boolean hasNext) {
    int queries = call.a.queries().length(sequence);
    if (queries == 0) {
      clear(call, sequence, keyValueHead, gradients);
      return;
    }
    VisibleKeys keys = new VisibleKeys(call.a, sequence, 0, queries);
    if (keys.count() < call.a.keys().length(sequence)) {
      clear(call, sequence, keyValueHead, gradients);
    }
    try (FlashBackward task = new FlashBackward(call, sequence, keyValueHead, keys, gradients)) {
      if (hasNext) {
        task.prepareNext(queries);
      }
      for (int head = 0; head < call.group; head++) {
        for (int query = 0; query < queries; query += FlashTile.QUERIES) {
          task.run(query, head, Math.min(FlashTile.QUERIES, queries - query));
        }
      }
      task.finish();
    }
  }

  /// Sets the gradients of one head of a sequence's keys and values to zero.
  private static void clear(
      FlashCall call, int sequence, int keyValueHead, FlashBackward.Gradients gradients) {
    clear(gradients.k(), call, sequence, keyValueHead, call.keyWidth);
    clear(gradients.v(), call, sequence, keyValueHead, call.valueWidth);
  }

  private static void clear(
      MemorySegment gradient, FlashCall call, int sequence, int keyValueHead, int width) {
    long at = call.keyOffset(sequence, keyValueHead, width);
    for (int key = 0; key < call.a.keys().length(sequence); key++) {
      gradient.asSlice(at, 4L * width).fill((byte) 0);
      at += 4L * width * call.a.keyValueHeads();
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
