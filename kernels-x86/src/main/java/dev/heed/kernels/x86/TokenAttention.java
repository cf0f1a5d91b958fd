package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Parallel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Attention where every sequence has one query, as when new tokens are made one by one: the keys
/// and values are read once where they lie, in runs that several threads take, however few heads
/// there are.
///
/// Source of the runs and how they are joined: Dao et al., "Flash-Decoding", 2023.
final class TokenAttention {
  /// Keys of a run, by the number of keys: enough runs for many threads, each worth its start.
  private static final int FEWEST_KEYS = 32;

  private static final int RUNS = 16;

  private final FlashCall call;
  private final AttentionArguments a;

  /// The number of the first run of each sequence.
  private final int[] firstRun;

  TokenAttention(FlashCall call) {
    this.call = call;
    this.a = call.a;
    this.firstRun = new int[a.queries().count() + 1];
    for (int i = 0; i + 1 < firstRun.length; i++) {
      int visible = end(i) - first(i);
      firstRun[i + 1] = firstRun[i] + (visible + length(visible) - 1) / length(visible);
    }
  }

  /// Whether it can do this.
  static boolean takes(FlashCall call) {
    AttentionArguments a = call.a;
    int lanes = call.level.lanes();
    return a.queries().longest() == 1
        && a.queries().rows() == a.queries().count()
        && a.keyMask() == null
        && call.bias == null
        && a.dropout() == 0
        && call.keyWidth % lanes == 0
        && call.valueWidth % lanes == 0;
  }

  private int first(int sequence) {
    return Math.min(a.keys().length(sequence), a.firstKey(a.queryOffset(sequence)));
  }

  private int end(int sequence) {
    int end = a.endKey(a.queryOffset(sequence), a.keys().length(sequence));
    return Math.max(first(sequence), end);
  }

  private static int length(int visible) {
    int even = (visible + RUNS - 1) / RUNS;
    return Math.clamp((even + 15) / 16 * 16, FEWEST_KEYS, TokenAttentionCode.MOST_KEYS);
  }

  /// Floats of a run's results for a key/value head: for each head the largest score and the sum,
  /// then its values.
  private int resultFloats() {
    return call.group * (2 + call.valueWidth);
  }

  void run() {
    int runs = firstRun[firstRun.length - 1];
    int heads = a.keyValueHeads();
    try (Scratch results = Scratch.take((long) runs * heads * resultFloats())) {
      // All heads of a run by one thread: their keys lie side by side, and come together.
      Parallel.run(
          runs,
          run -> {
            for (int head = 0; head < heads; head++) {
              attend(results.address(), run, head);
            }
          });
      Rows.forRows(
          (long) a.queries().count() * a.heads(),
          (long) RUNS * call.valueWidth,
          (from, to) -> {
            for (long row = from; row < to; row++) {
              join(results.memory(), (int) (row / a.heads()), (int) (row % a.heads()));
            }
          });
    }
  }

  private void attend(long results, int run, int keyValueHead) {
    int sequence = 0;
    while (firstRun[sequence + 1] <= run) {
      sequence++;
    }
    int length = length(end(sequence) - first(sequence));
    int from = first(sequence) + (run - firstRun[sequence]) * length;
    int count = Math.min(length, end(sequence) - from);
    long row = (long) a.queries().start(sequence) * a.heads() + (long) keyValueHead * call.group;
    long keys = call.k + call.keyOffset(sequence, keyValueHead, call.keyWidth);
    long values = call.v + call.keyOffset(sequence, keyValueHead, call.valueWidth);
    long result = results + 4L * resultFloats() * ((long) run * a.keyValueHeads() + keyValueHead);
    int lanes = call.level.lanes();
    int most = TokenAttentionCode.mostHeads(call.level);
    try (Scratch scratch = Scratch.take((long) most * TokenAttentionCode.SCORES_ROW / 4)) {
      Arguments arguments = scratch.arguments();
      for (int head = 0; head < call.group; head += most) {
        int together = Math.min(most, call.group - head);
        TokenAttentionCode code =
            new TokenAttentionCode(call.keyWidth / lanes, call.valueWidth / lanes, together);
        arguments
            .set(TokenAttentionCode.Q, call.q + 4 * (row + head) * call.keyWidth)
            .set(TokenAttentionCode.K, keys + (long) from * call.keyStride())
            .set(TokenAttentionCode.K_ROW, call.keyStride())
            .set(TokenAttentionCode.V, values + (long) from * call.valueStride())
            .set(TokenAttentionCode.V_ROW, call.valueStride())
            .set(TokenAttentionCode.COUNT, count)
            .set(TokenAttentionCode.FACTOR, (float) a.scale())
            .set(TokenAttentionCode.SCORES, scratch.address())
            .set(
                TokenAttentionCode.OUT,
                result + 4L * (2 * call.group + (long) head * call.valueWidth))
            .set(TokenAttentionCode.STATISTICS, result + 8L * head);
        call.kernels.get(code, code::emit).call(arguments.address());
      }
    }
  }

  /// One head's values of all runs, each weighed by how its largest score compares with the largest
  /// of all.
  private void join(MemorySegment results, int sequence, int head) {
    int runs = firstRun[sequence + 1] - firstRun[sequence];
    int inGroup = head % call.group;
    long[] at = new long[runs];
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < runs; i++) {
      long run = firstRun[sequence] + (long) i;
      at[i] = resultFloats() * (run * a.keyValueHeads() + head / call.group);
      largest = Math.max(largest, value(results, at[i] + 2L * inGroup));
    }
    float[] factors = new float[runs];
    float sum = 0;
    for (int i = 0; i < runs; i++) {
      factors[i] = (float) Math.exp(value(results, at[i] + 2L * inGroup) - largest);
      sum += factors[i] * value(results, at[i] + 2L * inGroup + 1);
    }
    float[] out = new float[call.valueWidth];
    for (int i = 0; i < runs; i++) {
      long values = at[i] + 2L * call.group + (long) inGroup * call.valueWidth;
      for (int d = 0; d < out.length; d++) {
        out[d] += factors[i] * value(results, values + d);
      }
    }
    float scale = runs == 0 ? 0 : 1 / sum;
    long row = (long) a.queries().start(sequence) * a.heads() + head;
    for (int d = 0; d < out.length; d++) {
      call.outMemory.setAtIndex(ValueLayout.JAVA_FLOAT, row * call.valueWidth + d, out[d] * scale);
    }
    float logSumExp = runs == 0 ? Float.NEGATIVE_INFINITY : largest + (float) Math.log(sum);
    call.logSumExpMemory.setAtIndex(ValueLayout.JAVA_FLOAT, row, logSumExp);
  }

  private static float value(MemorySegment results, long index) {
    return results.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }
}
