package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Agreement.assertClose;
import static dev.heed.kernels.vector.Agreement.assertSameBits;
import static dev.heed.kernels.vector.Agreement.random;
import static dev.heed.kernels.vector.Agreement.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Attention and its gradients against the reference.
class AttentionTest {
  private static final int ALL = Integer.MAX_VALUE;
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final Kernels kernels = new VectorKernels();

  /// A kind of attention, named for the report.
  record Case(String name, AttentionArguments arguments, int keyWidth, int valueWidth) {
    @Override
    public String toString() {
      return name;
    }

    /// out, logSumExp and the gradients of q, k, v and the bias.
    List<Tensor> run(Kernels kernels) {
      Tensor q = random(1, arguments.queries().rows(), arguments.heads() * keyWidth);
      Tensor k = random(2, arguments.keys().rows(), arguments.keyValueHeads() * keyWidth);
      Tensor v = random(3, arguments.keys().rows(), arguments.keyValueHeads() * valueWidth);
      return run(kernels, q, k, v);
    }

    List<Tensor> run(Kernels kernels, Tensor q, Tensor k, Tensor v) {
      int rows = arguments.queries().rows();
      int width = arguments.heads() * valueWidth;
      Tensor out = random(8, rows, width);
      Tensor logSumExp = random(9, rows, arguments.heads());
      kernels.attention(q, k, v, arguments, out, logSumExp);
      Tensor dq = random(8, rows, arguments.heads() * keyWidth);
      Tensor dk = random(9, arguments.keys().rows(), arguments.keyValueHeads() * keyWidth);
      Tensor dv = random(10, arguments.keys().rows(), arguments.keyValueHeads() * valueWidth);
      Tensor bias = arguments.relativeBias();
      Tensor dBias = bias == null ? null : random(7, arguments.heads(), bias.shape().width());
      Tensor g = random(6, rows, width);
      kernels.attentionBackward(q, k, v, arguments, out, logSumExp, g, dq, dk, dv, dBias);
      List<Tensor> results = new ArrayList<>(List.of(out, logSumExp, dq, dk, dv));
      if (dBias != null) {
        results.add(dBias);
      }
      return results;
    }
  }

  static List<Case> cases() {
    Sequences ragged = Sequences.ofLengths(13, 0, 1, 70);
    Sequences longer = Sequences.ofLengths(31, 2, 1, 150);
    Sequences partlyEmpty = Sequences.ofLengths(20, 0, 0, 3);
    int[] offsets = {18, 2, 0, 80};
    Tensor bias = random(4, 4, 2 * 160 + 1);
    List<Case> cases = new ArrayList<>();
    add(cases, "full", 2, 2, ragged, ragged, ALL, ALL, null, null, null, 0);
    add(cases, "causal", 2, 2, ragged, ragged, ALL, 0, null, null, null, 0);
    add(cases, "sliding window", 2, 2, ragged, ragged, 9, 0, null, null, null, 0);
    add(cases, "window on both sides", 1, 1, ragged, ragged, 11, 17, null, null, null, 0);
    add(cases, "window ahead only", 1, 1, ragged, ragged, 0, 5, null, null, null, 0);
    add(cases, "other keys", 2, 2, ragged, longer, ALL, ALL, null, null, null, 0);
    add(cases, "more queries than keys", 2, 2, longer, ragged, ALL, ALL, null, null, null, 0);
    add(cases, "causal, more queries", 2, 2, longer, ragged, 40, 0, null, null, null, 0);
    add(cases, "offsets", 2, 2, ragged, longer, ALL, 0, offsets, null, null, 0);
    add(cases, "offsets beyond keys", 2, 2, ragged, ragged, 10, 0, offsets, null, null, 0);
    add(cases, "no keys", 2, 2, ragged, partlyEmpty, ALL, ALL, null, null, null, 0);
    add(cases, "mask", 2, 2, ragged, ragged, ALL, ALL, null, mask(ragged, 3), null, 0);
    add(cases, "causal mask", 2, 2, ragged, ragged, ALL, 0, null, mask(ragged, 2), null, 0);
    add(cases, "nowhere", 2, 2, ragged, ragged, ALL, 0, null, mask(ragged, -60), null, 0);
    add(cases, "grouped heads", 4, 2, ragged, ragged, ALL, 0, null, null, null, 0);
    add(cases, "one key/value head", 4, 1, ragged, longer, ALL, ALL, null, null, null, 0);
    add(cases, "bias", 4, 4, ragged, longer, ALL, ALL, null, null, bias, 0);
    add(cases, "causal bias", 4, 2, ragged, longer, ALL, 0, offsets, null, bias, 0);
    add(cases, "dropout", 2, 2, ragged, ragged, ALL, ALL, null, null, null, 0.4);
    add(cases, "everything", 4, 2, ragged, longer, 60, 20, offsets, mask(longer, 4), bias, 0.3);
    add(
        cases,
        "nothing",
        2,
        2,
        Sequences.ofLengths(),
        Sequences.ofLengths(),
        ALL,
        ALL,
        null,
        null,
        null,
        0);
    return cases;
  }

  /// A mask that hides every `step`th key, or the first ones if negative.
  private static Tensor mask(Sequences keys, int step) {
    int[] mask = new int[keys.rows()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (step < 0 ? i >= -step : i % step != 1) ? 1 : 0;
    }
    return Tensor.of(mask, mask.length);
  }

  @SuppressWarnings("NullAway") // it takes the nullable array of the record for one of nullables
  private static void add(
      List<Case> cases,
      String name,
      int heads,
      int keyValueHeads,
      Sequences queries,
      Sequences keys,
      int left,
      int right,
      int @Nullable [] offsets,
      @Nullable Tensor mask,
      @Nullable Tensor bias,
      double dropout) {
    AttentionArguments arguments =
        new AttentionArguments(
            heads,
            keyValueHeads,
            queries,
            keys,
            0.7,
            left,
            right,
            offsets,
            mask,
            bias,
            dropout,
            12345);
    int keyWidth = cases.size() % 2 == 0 ? 5 : 16;
    cases.add(new Case(name, arguments, keyWidth, cases.size() % 3 == 0 ? 16 : 11));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(Case attention) {
    compare(attention.run(kernels), attention.run(REFERENCE), attention.name);
  }

  private static void compare(List<Tensor> actual, List<Tensor> expected, String name) {
    String[] what = {"out", "logSumExp", "dq", "dk", "dv", "dBias"};
    for (int i = 0; i < expected.size(); i++) {
      assertClose(actual.get(i), expected.get(i), 1e-5, name + ", " + what[i]);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theBitsDoNotDependOnTheNumberOfThreads(Case attention) {
    int threads = Parallel.threads();
    try {
      Parallel.setThreads(1);
      List<Tensor> first = attention.run(kernels);
      Parallel.setThreads(3);
      List<Tensor> again = attention.run(kernels);
      for (int i = 0; i < first.size(); i++) {
        assertSameBits(again.get(i), first.get(i), "output " + i);
      }
    } finally {
      Parallel.setThreads(threads);
    }
  }

  @Test
  void whatAMaskedKeyHoldsIsNotSeen() {
    Sequences sequences = Sequences.ofLengths(37);
    int[] mask = new int[37];
    java.util.Arrays.fill(mask, 1);
    mask[5] = 0;
    AttentionArguments arguments =
        AttentionArguments.full(2, sequences, sequences, 0.5).seeing(ALL, ALL, Tensor.of(mask, 37));
    compareWithNaN(new Case("masked NaN", arguments, 8, 8), 5);
  }

  @Test
  void whatComesLaterIsNotSeen() {
    Sequences sequences = Sequences.ofLengths(37);
    AttentionArguments arguments = AttentionArguments.full(2, sequences, sequences, 0.5).causal();
    compareWithNaN(new Case("NaN to come", arguments, 8, 8), 36);
  }

  private void compareWithNaN(Case attention, int key) {
    Tensor q = random(1, 37, 16);
    Tensor k = random(2, 37, 16);
    Tensor v = random(3, 37, 16);
    for (int d = 0; d < 16; d++) {
      set(k, key * 16L + d, Float.NaN);
      set(v, key * 16L + d, Float.POSITIVE_INFINITY);
    }
    List<Tensor> actual = attention.run(kernels, q, k, v);
    compare(actual, attention.run(REFERENCE, q, k, v), attention.name);
    assertThat(actual.getFirst().rows(0, 5).toFloatArray()).doesNotContain(Float.NaN);
  }

  @Test
  void manyKeysAreTakenBlockByBlock() {
    Sequences queries = Sequences.ofLengths(3);
    Sequences keys = Sequences.ofLengths(2 * AttentionCall.KEYS + 5);
    Case attention = new Case("long", AttentionArguments.full(1, queries, keys, 8), 4, 4);
    compare(attention.run(kernels), attention.run(REFERENCE), attention.name);
  }
}
