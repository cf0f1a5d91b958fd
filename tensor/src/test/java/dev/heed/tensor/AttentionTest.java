package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.FusedOperations.Attended;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// [FusedOperations#attention] against the formula written out over the full matrix of scores.
class AttentionTest {
  private static final int ALL = Integer.MAX_VALUE;
  private static final int KEY_WIDTH = 3;
  private static final int VALUE_WIDTH = 2;

  /// A kind of attention, named for the report.
  record Case(String name, AttentionArguments arguments) {
    Tensor query() {
      return input(1, arguments.queries().rows(), arguments.heads() * KEY_WIDTH);
    }

    Tensor key() {
      return input(2, arguments.keys().rows(), arguments.keyValueHeads() * KEY_WIDTH);
    }

    Tensor value() {
      return input(3, arguments.keys().rows(), arguments.keyValueHeads() * VALUE_WIDTH);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    Sequences ragged = Sequences.ofLengths(3, 0, 1, 4);
    Sequences longer = Sequences.ofLengths(5, 2, 1, 6);
    Sequences partlyEmpty = Sequences.ofLengths(2, 0, 0, 3);
    Tensor mask = Tensor.of(new int[] {1, 0, 1, 1, 0, 1, 1, 1}, 8);
    Tensor nowhere = Tensor.of(new int[] {0, 0, 0, 1, 1, 0, 0, 1}, 8);
    Tensor bias = input(4, 2, 11);
    int[] offsets = {2, 2, 0, 2};
    List<Case> cases = new ArrayList<>();
    add(cases, "full", 2, 2, ragged, ragged, ALL, ALL, null, null, null, 0);
    add(cases, "causal", 2, 2, ragged, ragged, ALL, 0, null, null, null, 0);
    add(cases, "sliding window", 2, 2, ragged, ragged, 1, 0, null, null, null, 0);
    add(cases, "window on both sides", 1, 1, ragged, ragged, 1, 2, null, null, null, 0);
    add(cases, "window ahead only", 1, 1, ragged, ragged, 0, 1, null, null, null, 0);
    add(cases, "other keys than queries", 2, 2, ragged, longer, ALL, ALL, null, null, null, 0);
    add(cases, "more queries than keys", 2, 2, longer, ragged, ALL, ALL, null, null, null, 0);
    add(cases, "causal, more queries", 2, 2, longer, ragged, 2, 0, null, null, null, 0);
    add(cases, "query offsets", 2, 2, ragged, longer, ALL, 0, offsets, null, null, 0);
    add(cases, "offsets and window", 2, 2, ragged, longer, 1, 0, offsets, null, null, 0);
    add(cases, "offsets beyond keys", 2, 2, ragged, ragged, 1, 0, offsets, null, null, 0);
    add(cases, "sequences without keys", 2, 2, ragged, partlyEmpty, ALL, ALL, null, null, null, 0);
    add(cases, "key mask", 2, 2, ragged, ragged, ALL, ALL, null, mask, null, 0);
    add(cases, "causal key mask", 2, 2, ragged, ragged, ALL, 0, null, mask, null, 0);
    add(cases, "rows that attend nowhere", 2, 2, ragged, ragged, ALL, 0, null, nowhere, null, 0);
    add(cases, "grouped heads", 4, 2, ragged, ragged, ALL, 0, null, null, null, 0);
    add(cases, "one key/value head", 3, 1, ragged, longer, ALL, ALL, null, null, null, 0);
    add(cases, "relative bias", 2, 2, ragged, longer, ALL, ALL, null, null, bias, 0);
    add(cases, "causal relative bias", 2, 1, ragged, longer, ALL, 0, offsets, null, bias, 0);
    add(cases, "dropout", 2, 2, ragged, ragged, ALL, ALL, null, null, null, 0.4);
    add(cases, "everything", 2, 1, ragged, ragged, 2, 1, offsets, mask, bias, 0.3);
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
            CounterRandom.key(5, 6, 7));
    cases.add(new Case(name, arguments));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheFormula(Case attention) {
    Tensor q = attention.query();
    Tensor k = attention.key();
    Tensor v = attention.value();
    AttentionArguments a = attention.arguments;
    Attended attended = FusedOperations.attention(q, k, v, a);
    double[][] out = new double[a.queries().rows()][a.heads() * VALUE_WIDTH];
    for (int sequence = 0; sequence < a.queries().count(); sequence++) {
      Tensor captured =
          Tensor.empty(
              Shape.of(a.heads(), a.queries().length(sequence), a.keys().length(sequence)),
              DType.F64);
      Kernels.active().attentionWeights(q, k, a, attended.logSumExp(), sequence, captured);
      for (int head = 0; head < a.heads(); head++) {
        for (int t = 0; t < a.queries().length(sequence); t++) {
          int row = a.queries().start(sequence) + t;
          double[] scores = scores(q, k, a, sequence, head, t);
          double[] weights = softmax(scores);
          assertThat(attended.logSumExp().get(row, head))
              .isCloseTo(logSumExp(scores), within(1e-12));
          for (int s = 0; s < weights.length; s++) {
            assertThat(captured.get(head, t, s)).isCloseTo(weights[s], within(1e-12));
            double kept = weights[s] * dropoutFactor(a, head, row, s);
            int group = head / (a.heads() / a.keyValueHeads());
            for (int d = 0; d < VALUE_WIDTH; d++) {
              out[row][head * VALUE_WIDTH + d] +=
                  kept * v.get(a.keys().start(sequence) + s, group * VALUE_WIDTH + d);
            }
          }
        }
      }
    }
    for (int row = 0; row < out.length; row++) {
      for (int column = 0; column < out[row].length; column++) {
        assertThat(attended.out().get(row, column)).isCloseTo(out[row][column], within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void differentiates(Case attention) {
    Tensor q = attention.query();
    Tensor k = attention.key();
    Tensor v = attention.value();
    AttentionArguments a = attention.arguments;
    Tensor bias = a.relativeBias();
    Tensor[] inputs = bias == null ? new Tensor[] {q, k, v} : new Tensor[] {q, k, v, bias};
    check(() -> FusedOperations.attention(q, k, v, a).out(), inputs);
  }

  @Test
  void differentiatesSelfAttentionOfOneTensor() {
    Tensor x = input(1, 4, 6);
    AttentionArguments a =
        AttentionArguments.full(2, Sequences.ofLengths(4), Sequences.ofLengths(4), 0.5).causal();
    check(() -> FusedOperations.attention(x, x, x, a).out(), x);
  }

  @Test
  void takesABatchOfEqualLengths() {
    Tensor x = input(1, 2, 3, 4);
    Sequences sequences = Sequences.of(x);
    AttentionArguments a = AttentionArguments.full(2, sequences, sequences, 0.5);
    assertThat(FusedOperations.attention(x, x, x, a).out().shape()).isEqualTo(Shape.of(2, 3, 4));
    check(() -> FusedOperations.attention(x, x, x, a).out(), x);
  }

  @Test
  void raggedSequencesGiveWhatEachGivesAlone() {
    Sequences sequences = Sequences.ofLengths(3, 0, 1, 5);
    Tensor q = input(1, 9, 4);
    Tensor k = input(2, 9, 4);
    Tensor v = input(3, 9, 4);
    AttentionArguments a = AttentionArguments.full(2, sequences, sequences, 0.5).causal();
    Tensor together = FusedOperations.attention(q, k, v, a).out();
    for (int i = 0; i < sequences.count(); i++) {
      int from = sequences.start(i);
      int to = from + sequences.length(i);
      Sequences one = Sequences.ofLengths(to - from);
      Tensor alone =
          FusedOperations.attention(
                  q.rows(from, to),
                  k.rows(from, to),
                  v.rows(from, to),
                  AttentionArguments.full(2, one, one, 0.5).causal())
              .out();
      assertThat(together.rows(from, to).toDoubleArray()).isEqualTo(alone.toDoubleArray());
    }
  }

  @Test
  void aRowThatMayAttendNowhereGivesZerosForwardAndBackward() {
    Sequences sequences = Sequences.ofLengths(3);
    Tensor q = input(1, 3, 2);
    Tensor k = input(2, 3, 2);
    Tensor v = input(3, 3, 2);
    AttentionArguments a =
        withMask(sequences, Tensor.of(new int[] {0, 0, 1}, 3)).causal(); // row 0 and 1: nowhere
    Attended attended = FusedOperations.attention(q, k, v, a);
    assertThat(attended.out().rows(0, 2).toDoubleArray()).containsOnly(0);
    assertThat(attended.out().rows(2, 3).toDoubleArray()).isEqualTo(v.rows(2, 3).toDoubleArray());
    assertThat(attended.logSumExp().get(0, 0)).isEqualTo(Double.NEGATIVE_INFINITY);
    Operations.sum(attended.out()).backward();
    assertThat(gradientOf(q).rows(0, 2).toDoubleArray()).containsOnly(0);
    assertThat(gradientOf(k).rows(0, 2).toDoubleArray()).containsOnly(0);
    assertThat(gradientOf(v).toDoubleArray()).containsExactly(0, 0, 0, 0, 1, 1);
  }

  @Test
  void nanUnderTheMaskChangesNothing() {
    for (double garbage : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Sequences sequences = Sequences.ofLengths(4);
      AttentionArguments a = withMask(sequences, Tensor.of(new int[] {1, 0, 1, 1}, 4));
      Tensor q = input(1, 4, 2);
      Tensor k = input(2, 4, 2);
      Tensor v = input(3, 4, 2);
      double[] expected = FusedOperations.attention(q, k, v, a).out().toDoubleArray();
      for (int column = 0; column < 2; column++) {
        Elements.of(k).set(2 + column, garbage);
        Elements.of(v).set(2 + column, garbage);
      }
      Tensor out = FusedOperations.attention(q, k, v, a).out();
      assertThat(out.toDoubleArray()).isEqualTo(expected);
      Operations.sum(out).backward();
      assertThat(gradientOf(k).rows(1, 2).toDoubleArray()).containsOnly(0);
      assertThat(gradientOf(v).rows(1, 2).toDoubleArray()).containsOnly(0);
      check(() -> FusedOperations.attention(q, k, v, a).out(), q, k, v);
    }
  }

  @Test
  void nanAheadOfACausalQueryChangesNothing() {
    Sequences sequences = Sequences.ofLengths(3);
    AttentionArguments a = AttentionArguments.full(1, sequences, sequences, 1).causal();
    Tensor q = input(1, 3, 2);
    Tensor k = input(2, 3, 2);
    Tensor v = input(3, 3, 2);
    double[] expected = FusedOperations.attention(q, k, v, a).out().rows(0, 2).toDoubleArray();
    Elements.of(k).set(4, Double.NaN);
    Elements.of(v).set(4, Double.NaN);
    assertThat(FusedOperations.attention(q, k, v, a).out().rows(0, 2).toDoubleArray())
        .isEqualTo(expected);
  }

  @Test
  void largeScoresDoNotOverflow() {
    Sequences sequences = Sequences.ofLengths(2);
    Tensor q = Tensor.of(new float[] {1e4f, -1e4f}, 2, 1);
    Tensor v = Tensor.of(new float[] {3, 5}, 2, 1);
    AttentionArguments a = AttentionArguments.full(1, sequences, sequences, 1);
    assertThat(FusedOperations.attention(q, q, v, a).out().toFloatArray()).containsExactly(3, 5);
  }

  @Test
  void dropoutKeepsTheExpectedShareOfWeights() {
    // Keys all alike: each row is the share kept, over 1 − rate, and its mean is 1.
    int length = 64;
    Sequences sequences = Sequences.ofLengths(length);
    Tensor zeros = Tensor.zeros(Shape.of(length, 2), DType.F32);
    Tensor ones = Tensor.zeros(Shape.of(length, 2), DType.F32);
    Operations.fill(ones, 1);
    AttentionArguments a =
        new AttentionArguments(
            2,
            2,
            sequences,
            sequences,
            1,
            ALL,
            ALL,
            null,
            null,
            null,
            0.25,
            CounterRandom.key(1, 2, 3));
    float[] out = FusedOperations.attention(zeros, zeros, ones, a).out().toFloatArray();
    double sum = 0;
    for (float row : out) {
      sum += row;
    }
    assertThat(sum / out.length).isCloseTo(1, within(0.04)); // 5 deviations of √(1/3)/√8192
  }

  private static AttentionArguments withMask(Sequences sequences, Tensor mask) {
    return new AttentionArguments(
        1, 1, sequences, sequences, 0.7, ALL, ALL, null, mask, null, 0, 0);
  }

  private static double[] scores(
      Tensor q, Tensor k, AttentionArguments a, int sequence, int head, int t) {
    double[] scores = new double[a.keys().length(sequence)];
    int group = head / (a.heads() / a.keyValueHeads());
    int position = t + (a.queryOffsets() == null ? 0 : a.queryOffsets()[sequence]);
    for (int s = 0; s < scores.length; s++) {
      int key = a.keys().start(sequence) + s;
      boolean seen = (long) s >= (long) position - a.left() && s <= (long) position + a.right();
      if (!seen || (a.keyMask() != null && a.keyMask().toIntArray()[key] == 0)) {
        scores[s] = Double.NEGATIVE_INFINITY;
        continue;
      }
      for (int d = 0; d < KEY_WIDTH; d++) {
        scores[s] +=
            a.scale()
                * q.get(a.queries().start(sequence) + t, head * KEY_WIDTH + d)
                * k.get(key, group * KEY_WIDTH + d);
      }
      Tensor bias = a.relativeBias();
      if (bias != null) {
        scores[s] += bias.get(head, s - position + bias.shape().width() / 2);
      }
    }
    return scores;
  }

  private static double logSumExp(double[] scores) {
    double sum = 0;
    for (double score : scores) {
      sum += Math.exp(score);
    }
    return Math.log(sum);
  }

  private static double[] softmax(double[] scores) {
    double normalizer = logSumExp(scores);
    double[] weights = new double[scores.length];
    for (int s = 0; s < weights.length; s++) {
      boolean nowhere = normalizer == Double.NEGATIVE_INFINITY;
      weights[s] = nowhere ? 0 : Math.exp(scores[s] - normalizer);
    }
    return weights;
  }

  private static double dropoutFactor(AttentionArguments a, int head, int row, int s) {
    if (a.dropout() == 0) {
      return 1;
    }
    int key = CounterRandom.rowKey(a.dropoutKey(), (long) head * a.queries().rows() + row);
    boolean kept = CounterRandom.keeps(key, s, CounterRandom.threshold(a.dropout()));
    return kept ? 1 / (1 - a.dropout()) : 0;
  }
}
