package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Agreement.assertClose;
import static dev.heed.kernels.x86.Agreement.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Attention against the reference, in memory that ends at a page that faults; in bfloat16 of
/// factors that are bfloat16 already, so that the scores agree as in F32.
@ParameterizedClass
@MethodSource("computations")
class AttentionTest {
  private static final int ALL = Integer.MAX_VALUE;
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final int threads = Parallel.threads();
  private final Computation computation;

  AttentionTest(Computation computation) {
    this.computation = computation;
  }

  static List<Computation> computations() {
    return Stream.concat(
            Levels.available().stream().map(level -> Computation.of(level, Precision.FP32)),
            Levels.withBfloat().stream().map(level -> Computation.of(level, Precision.BF16)))
        .toList();
  }

  /// Whose attention is computed, and how.
  record Computation(Kernels kernels, Precision precision) {
    private static final Computation EXACT = new Computation(REFERENCE, Precision.FP32);

    static Computation of(Level level, Precision precision) {
      return new Computation(Levels.kernels(level), precision);
    }

    /// Of an output. Weights, and the gradients of scores, are rounded to 8 bits in bfloat16.
    double tolerance() {
      return precision == Precision.BF16 ? 0x1p-8 : 1e-5;
    }

    Inputs random(AttentionArguments a, int keyWidth, int valueWidth) {
      Inputs inputs =
          new Inputs(
              Guarded.random(1, a.queries().rows(), a.heads() * keyWidth),
              Guarded.random(2, a.keys().rows(), a.keyValueHeads() * keyWidth),
              Guarded.random(3, a.keys().rows(), a.keyValueHeads() * valueWidth),
              Guarded.random(4, a.queries().rows(), a.heads() * valueWidth));
      if (precision == Precision.BF16) {
        List.of(inputs.q, inputs.k, inputs.v, inputs.gradient).forEach(Computation::shorten);
      }
      return inputs;
    }

    /// Leaves the bits that bfloat16 has.
    private static void shorten(Tensor tensor) {
      for (long i = 0; i < tensor.elements(); i++) {
        int bits = tensor.memory().getAtIndex(ValueLayout.JAVA_INT, i);
        tensor.memory().setAtIndex(ValueLayout.JAVA_INT, i, bits & 0xFFFF_0000);
      }
    }

    Results run(Inputs in, AttentionArguments a) {
      Tensor out = Guarded.zeros(in.gradient.shape().dimensions());
      Tensor logSumExp = Guarded.zeros(a.queries().rows(), a.heads());
      Tensor q = Guarded.random(5, in.q.shape().dimensions());
      Tensor k = Guarded.random(6, in.k.shape().dimensions());
      Tensor v = Guarded.random(7, in.v.shape().dimensions());
      Tensor relative = a.relativeBias();
      Tensor bias = relative == null ? null : Guarded.random(8, relative.shape().dimensions());
      precision.compute(() -> {
        kernels.attention(in.q, in.k, in.v, a, out, logSumExp);
        kernels.attentionBackward(in.q, in.k, in.v, a, out, logSumExp, in.gradient, q, k, v, bias);
      });
      return new Results(out, logSumExp, q, k, v, bias);
    }

    void compare(AttentionArguments a, int keyWidth, int valueWidth, String what) {
      Inputs in = random(a, keyWidth, valueWidth);
      Results expected = EXACT.run(in, a);
      run(in, a).assertClose(expected, tolerance(), what);
      for (int i = 0; i < a.queries().count(); i++) {
        int queries = a.queries().length(i);
        int keys = a.keys().length(i);
        if (queries > 0 && keys > 0) {
          Tensor weights = Guarded.random(10, a.heads(), queries, keys);
          Tensor expectedWeights = Guarded.zeros(a.heads(), queries, keys);
          kernels.attentionWeights(in.q, in.k, a, expected.logSumExp, i, weights);
          REFERENCE.attentionWeights(in.q, in.k, a, expected.logSumExp, i, expectedWeights);
          Agreement.assertClose(weights, expectedWeights, 1e-5, what + ": weights of " + i);
        }
      }
    }
  }

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(threads);
  }

  /// Everything that attention computes forward and backward.
  private record Results(
      Tensor out, Tensor logSumExp, Tensor q, Tensor k, Tensor v, @Nullable Tensor bias) {
    void assertClose(Results expected, double tolerance, String what) {
      Agreement.assertClose(out, expected.out, tolerance, what + ": out");
      Agreement.assertClose(logSumExp, expected.logSumExp, 1e-5, what + ": logSumExp");
      Agreement.assertClose(q, expected.q, 4 * tolerance, what + ": q");
      Agreement.assertClose(k, expected.k, 4 * tolerance, what + ": k");
      Agreement.assertClose(v, expected.v, 4 * tolerance, what + ": v");
      if (bias != null && expected.bias != null) {
        Agreement.assertClose(bias, expected.bias, 4 * tolerance, what + ": bias");
      }
    }
  }

  private record Inputs(Tensor q, Tensor k, Tensor v, Tensor gradient) {}

  @Test
  void fullAndCausalAttentionOfRaggedSequencesAgree() {
    for (int width : new int[] {1, 13, 64, 80}) {
      Sequences sequences = Sequences.ofLengths(0, 31, 1, 0, 101, 48, 0);
      AttentionArguments full =
          AttentionArguments.full(2, sequences, sequences, 1 / Math.sqrt(width));
      computation.compare(full, width, width, "full " + width);
      computation.compare(full.causal(), width, width, "causal " + width);
    }
  }

  /// Any lengths, heads, windows, masks, biases and dropout.
  static AttentionArguments arguments(SplittableRandom random) {
    int groups = 1 + random.nextInt(2);
    int heads = groups * (1 + random.nextInt(3));
    int[] queryLengths = {random.nextInt(100), random.nextInt(5), random.nextInt(60)};
    int[] keyLengths = {random.nextInt(150), random.nextInt(70), random.nextInt(5)};
    int[] offsets =
        random.nextBoolean() ? new int[] {random.nextInt(20), random.nextInt(90), 0} : new int[3];
    Sequences keys = Sequences.ofLengths(keyLengths);
    int[] mask = new int[keys.rows()];
    for (int j = 0; j < mask.length; j++) {
      mask[j] = random.nextInt(4) == 0 ? 0 : 1;
    }
    int left = random.nextBoolean() ? ALL : random.nextInt(30);
    int right = random.nextBoolean() ? ALL : random.nextInt(3);
    boolean hasMask = random.nextBoolean();
    boolean hasBias = random.nextBoolean();
    double dropout = random.nextBoolean() ? 0 : 0.3;
    return new AttentionArguments(
        heads,
        groups,
        Sequences.ofLengths(queryLengths),
        keys,
        0.4,
        left,
        right,
        offsets,
        hasMask ? Guarded.ints(mask) : null,
        hasBias ? Guarded.random(9, heads, 2 * 260 + 1) : null,
        dropout,
        random.nextLong());
  }

  @Test
  void everyCombinationOfArgumentsAgrees() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 25; i++) {
      AttentionArguments a = arguments(random);
      computation.compare(a, 13 + i % 20, 7 + i % 18, "case " + i + ": " + a);
    }
  }

  @Test
  void maskedKeysContributeNothingEvenWhereTheyAreNaN() {
    Sequences sequences = Sequences.ofLengths(60);
    int[] mask = new int[60];
    Arrays.fill(mask, 1);
    mask[20] = 0;
    AttentionArguments a =
        new AttentionArguments(
            1, 1, sequences, sequences, 1, ALL, 0, new int[1], Guarded.ints(mask), null, 0, 0);
    Inputs in = computation.random(a, 16, 16);
    for (int d = 0; d < 16; d++) {
      in.v.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 20 * 16 + d, Float.NaN);
      in.k.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 20 * 16 + d, Float.NaN);
    }
    Results actual = computation.run(in, a);
    actual.assertClose(Computation.EXACT.run(in, a), computation.tolerance(), "NaN under a mask");
    assertThat(actual.out.toFloatArray()).doesNotContain(Float.NaN);
    assertThat(actual.q.toFloatArray()).doesNotContain(Float.NaN);
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    Sequences sequences = Sequences.ofLengths(200, 31, 100);
    AttentionArguments a =
        new AttentionArguments(
            4,
            2,
            sequences,
            sequences,
            0.125,
            ALL,
            0,
            new int[3],
            null,
            Guarded.random(9, 4, 2 * 200 + 1),
            0.2,
            7);
    Inputs in = computation.random(a, 64, 64);
    Parallel.setThreads(1);
    Results first = computation.run(in, a);
    for (int count : new int[] {2, 3, 8}) {
      Parallel.setThreads(count);
      Results again = computation.run(in, a);
      assertSameBits(again.out, first.out, "out");
      assertSameBits(again.q, first.q, "q");
      assertSameBits(again.k, first.k, "k");
      assertSameBits(again.v, first.v, "v");
      if (again.bias != null && first.bias != null) {
        assertSameBits(again.bias, first.bias, "bias");
      }
    }
  }

  @Test
  void aQuerySeesTheSameAloneAsInItsSequence() {
    Sequences keys = Sequences.ofLengths(130);
    AttentionArguments whole = AttentionArguments.full(2, keys, keys, 0.2).causal();
    Inputs in = computation.random(whole, 24, 24);
    Tensor all = computation.run(in, whole).out;
    AttentionArguments last =
        new AttentionArguments(
            2, 2, Sequences.ofLengths(1), keys, 0.2, ALL, 0, new int[] {129}, null, null, 0, 0);
    Inputs one = new Inputs(in.q.rows(129, 130), in.k, in.v, in.gradient.rows(129, 130));
    assertClose(
        computation.run(one, last).out, all.rows(129, 130), computation.tolerance(), "cached");
  }

  @Test
  void lengthsAndWidthsAroundThoseOfTilesAgree() {
    Sequences sequences = Sequences.ofLengths(0, 1, 13, 31, 63, 64, 65, 207);
    for (int width : new int[] {8, 13, 32, 64, 80, 128}) {
      AttentionArguments full =
          AttentionArguments.full(1, sequences, sequences, 1 / Math.sqrt(width));
      computation.compare(width == 13 ? full : full.causal(), width, 144 - width, "width " + width);
    }
  }

  @Test
  void whatAQueryMayNotAttendToIsNothingToItEvenWhereThatIsNotFinite() {
    Sequences sequences = Sequences.ofLengths(90, 20);
    int heads = 2;
    int width = 16;
    AttentionArguments a =
        new AttentionArguments(
            heads, heads, sequences, sequences, 0.3, 40, 3, null, null, null, 0, 0);
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      // An infinite query or key would make scores of −∞, by which keys are left out too.
      for (int place = Float.isNaN(special) ? 0 : 2; place < 4; place++) {
        Inputs in = computation.random(a, width, width);
        Tensor tensor = List.of(in.q, in.k, in.v, in.gradient).get(place);
        tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 57L * heads * width + 5, special);
        Results actual = computation.run(in, a);
        Results expected = Computation.EXACT.run(in, a);
        String what = special + " in tensor " + place;
        // Rows that see the place may be NaN or infinite by another order of the arithmetic.
        assertSameWhereFinite(actual.out, expected.out, what + ": out");
        assertSameWhereFinite(actual.q, expected.q, what + ": q");
        assertSameWhereFinite(actual.k, expected.k, what + ": k");
        assertSameWhereFinite(actual.v, expected.v, what + ": v");
      }
    }
  }

  private void assertSameWhereFinite(Tensor actual, Tensor expected, String what) {
    double[] a = actual.toDoubleArray();
    double[] e = expected.toDoubleArray();
    for (int i = 0; i < a.length; i++) {
      if (Double.isFinite(e[i])) {
        assertThat(a[i]).as(what + " at " + i).isCloseTo(e[i], offset(4 * computation.tolerance()));
      } else {
        assertThat(a[i]).as(what + " at " + i).isNotFinite();
      }
    }
  }

  @Test
  void aQueryThatMayAttendNowhereGivesZerosForwardAndBackward() {
    Sequences queries = Sequences.ofLengths(40, 3);
    Sequences keys = Sequences.ofLengths(20, 0);
    int[] mask = new int[20];
    Arrays.fill(mask, 5, 20, 1);
    AttentionArguments a =
        new AttentionArguments(
            2, 1, queries, keys, 0.3, 6, 0, null, Guarded.ints(mask), null, 0, 0);
    Inputs in = computation.random(a, 9, 17);
    Results actual = computation.run(in, a);
    actual.assertClose(Computation.EXACT.run(in, a), computation.tolerance(), "nowhere");
    float[] logSumExp = actual.logSumExp.toFloatArray();
    float[] out = actual.out.toFloatArray();
    float[] q = actual.q.toFloatArray();
    for (int row : new int[] {0, 4, 26, 39, 42}) {
      assertThat(logSumExp[2 * row]).as("row " + row).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(Arrays.copyOfRange(out, 34 * row, 34 * row + 34)).containsOnly(0f);
      assertThat(Arrays.copyOfRange(q, 18 * row, 18 * row + 18)).containsOnly(0f);
    }
  }

  @Test
  void fewQueriesReadTheKeysWhereTheyLie() {
    for (int queries : new int[] {1, 5, 16}) {
      for (int heads : new int[] {2, 6}) {
        Sequences keys = Sequences.ofLengths(101, 16, 250);
        int[] offsets = {101 - queries, 16 - queries, 250 - queries};
        AttentionArguments a =
            new AttentionArguments(
                heads,
                2,
                Sequences.ofLengths(queries, queries, queries),
                keys,
                0.1,
                200,
                0,
                offsets,
                null,
                null,
                queries == 1 ? 0.5 : 0,
                3);
        computation.compare(a, 32, 64, queries + " queries, " + heads + " heads");
      }
    }
  }

  /// Runs of keys, joined; sequences that see nothing; more heads than a kernel takes.
  @Test
  void singleQueriesOfManySequencesAgree() {
    for (int[] widths : new int[][] {{16, 16}, {64, 64}, {96, 32}, {256, 256}}) {
      for (int heads : new int[] {1, 3, 14}) {
        int[] lengths = {0, 1, 64, 65, 207, 0, 2100};
        int[] offsets = {0, 0, 63, 64, 100, 0, 2099};
        int[] ones = new int[lengths.length];
        java.util.Arrays.fill(ones, 1);
        Sequences keys = Sequences.ofLengths(lengths);
        for (int left : new int[] {ALL, 150}) {
          AttentionArguments a =
              new AttentionArguments(
                  heads,
                  heads == 14 ? 2 : 1,
                  Sequences.ofLengths(ones),
                  keys,
                  0.3,
                  left,
                  0,
                  offsets,
                  null,
                  null,
                  0,
                  0);
          String what =
              "widths %d, %d, heads %d, %d before".formatted(widths[0], widths[1], heads, left);
          Inputs in = computation.random(a, widths[0], widths[1]);
          Parallel.setThreads(1);
          Tensor one = Guarded.zeros(a.queries().rows(), heads * widths[1]);
          Tensor sums = Guarded.zeros(a.queries().rows(), heads);
          computation.kernels.attention(in.q, in.k, in.v, a, one, sums);
          Tensor expected = Guarded.zeros(a.queries().rows(), heads * widths[1]);
          Tensor expectedSums = Guarded.zeros(a.queries().rows(), heads);
          REFERENCE.attention(in.q, in.k, in.v, a, expected, expectedSums);
          assertClose(one, expected, 1e-5, what);
          assertClose(sums, expectedSums, 1e-5, what + ": logSumExp");
          Parallel.setThreads(3);
          Tensor again = Guarded.zeros(a.queries().rows(), heads * widths[1]);
          computation.kernels.attention(in.q, in.k, in.v, a, again, sums);
          Agreement.assertSameBits(again, one, what);
        }
      }
    }
  }

  @Test
  void largeScoresNeitherOverflowNorLoseTheLargest() {
    Sequences sequences = Sequences.ofLengths(150);
    for (double scale : new double[] {300, 0, -5}) {
      AttentionArguments a = AttentionArguments.full(1, sequences, sequences, scale);
      Inputs in = computation.random(a, 8, 8);
      Results actual = computation.run(in, a);
      Results expected = Computation.EXACT.run(in, a);
      // Scores of some hundreds, in single precision, are good to five digits.
      assertClose(
          actual.out, expected.out, Math.max(1e-3, computation.tolerance()), "out, scale " + scale);
      assertClose(actual.logSumExp, expected.logSumExp, 1e-5, "logSumExp, scale " + scale);
    }
  }
}
