package dev.heed.nn.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.MultiHeadAttention.Configuration;
import dev.heed.nn.attention.MultiHeadAttention.WithScores;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MultiHeadAttentionTest {
  private static final boolean[] CROSS_VALID = {
    true, true, false, true, false, true, false, true, true, true, false, false
  };

  private static MultiHeadAttention splitting(int width, int heads) {
    return layer(Configuration.splitting(width, heads, 0));
  }

  private static MultiHeadAttention layer(Configuration configuration) {
    return new MultiHeadAttention(configuration, "attentions", Initializer.seeded(3));
  }

  private static Tensor random(long seed, int... shape) {
    return Initializer.seeded(seed).normal(1, shape);
  }

  private static Tensor self(MultiHeadAttention layer, Tensor x, Mask mask) {
    return layer.apply(x, x, x, mask);
  }

  // Against PyTorch

  @Test
  void selfAttentionAgreesWithPyTorch() {
    MultiHeadAttention layer = splitting(8, 2);
    Golden.check(
        "attention-self", layer, Golden.BLOCK, in -> self(layer, in.input("x"), Mask.none()));
  }

  @Test
  void causalAttentionAgreesWithPyTorch() {
    MultiHeadAttention layer = splitting(8, 2);
    Golden.check(
        "attention-causal", layer, Golden.BLOCK, in -> self(layer, in.input("x"), Mask.causal()));
  }

  @Test
  void groupedHeadsWithWiderValuesAgreeWithPyTorch() {
    MultiHeadAttention layer = layer(new Configuration(6, 4, 3, 5, 2, false, 0));
    Golden.check(
        "attention-grouped", layer, Golden.BLOCK, in -> self(layer, in.input("x"), Mask.causal()));
  }

  @Test
  void crossAttentionWithPaddingAgreesWithPyTorch() {
    MultiHeadAttention layer = layer(new Configuration(6, 2, 4, 5, 1, true, 0));
    Golden.check(
        "attention-cross",
        layer,
        Golden.BLOCK,
        in ->
            layer.apply(
                in.input("query"), in.input("value"), in.input("key"), Mask.padding(CROSS_VALID)));
  }

  @Test
  void raggedAttentionAgreesWithPyTorch() {
    MultiHeadAttention layer = splitting(8, 2);
    Sequences sequences = Sequences.ofLengths(3, 1, 0, 5);
    Golden.check(
        "attention-ragged",
        layer,
        Golden.BLOCK,
        in -> {
          Tensor x = in.input("x");
          return layer.apply(x, x, x, sequences, sequences, Mask.causal(), null);
        });
  }

  // As in Keras

  @Test
  void hasTheNumberOfParametersOfKerassLayer() {
    assertThat(MultiHeadAttention.of(256, 4, 256).parameterCount()).isEqualTo(1_051_904);
  }

  @Test
  void givesTheSameBitsWithAndWithoutScores() {
    MultiHeadAttention layer = layer(new Configuration(6, 4, 3, 5, 2, true, 0));
    Tensor query = random(1, 2, 4, 6);
    Tensor key = random(2, 2, 7, 6);
    Tensor value = random(3, 2, 7, 6);
    for (Mask mask : new Mask[] {Mask.none(), Mask.causal(), Mask.window(1, 2)}) {
      WithScores both = layer.applyWithScores(query, value, key, mask);
      assertThat(both.out().toFloatArray())
          .isEqualTo(layer.apply(query, value, key, mask).toFloatArray());
      assertThat(both.scores().shape()).isEqualTo(Shape.of(2, 4, 4, 7));
    }
  }

  @Test
  void scoresArePositiveAndRowsSumToOne() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 3, 5, 8);
    boolean[] valid = new boolean[15];
    Arrays.fill(valid, true);
    valid[4] = false;
    valid[7] = false;
    Mask mask = Mask.causal().and(Mask.padding(valid));
    Tensor scores = layer.applyWithScores(x, x, x, mask).scores();
    for (int b = 0; b < 3; b++) {
      for (int h = 0; h < 2; h++) {
        for (int t = 0; t < 5; t++) {
          double sum = 0;
          for (int s = 0; s < 5; s++) {
            double weight = scores.get(b, h, t, s);
            boolean seen = s <= t && valid[5 * b + s];
            assertThat(weight > 0).as("%d %d %d %d", b, h, t, s).isEqualTo(seen);
            sum += weight;
          }
          assertThat(sum).isCloseTo(1, within(1e-5));
        }
      }
    }
  }

  @Test
  void scoresAreThoseOfTheFormula() {
    MultiHeadAttention layer = layer(new Configuration(4, 1, 4, 4, 1, false, 0));
    layer.convertTo(DType.F64);
    Tensor x = random(1, 3, 4).to(DType.F64);
    Tensor q = project(layer, "query", x);
    Tensor k = project(layer, "key", x);
    Tensor scores = layer.applyWithScores(x, x, x, Mask.none()).scores();
    Closeness.requireClose(
        "scores", scores.withShape(Shape.of(3, 3)), ScaledDotProductAttention.weights(q, k), 1e-12);
  }

  private static Tensor project(MultiHeadAttention layer, String name, Tensor x) {
    Parameter weight = layer.parameters().get(name + ".weight");
    assertThat(weight).isNotNull();
    return Operations.matmul(x, false, weight, true);
  }

  // Masks

  @Test
  void aMaskIsTrueWhereAQueryMayAttend() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 4, 8);
    Tensor first = x.rows(0, 2);
    Tensor masked = layer.apply(x, x, x, Mask.padding(true, true, false, false));
    Closeness.requireClose("masked", masked, layer.apply(x, first, first, Mask.none()), 1e-5);
  }

  @Test
  void aFullyMaskedRowIsZero() {
    MultiHeadAttention layer = layer(new Configuration(8, 2, 4, 4, 2, false, 0));
    Tensor x = random(1, 3, 8).requireGradient(true);
    WithScores both = layer.applyWithScores(x, x, x, Mask.padding(false, false, false));
    assertThat(both.out().toFloatArray()).containsOnly(0);
    assertThat(both.scores().toFloatArray()).containsOnly(0);
    both.out().backward(random(2, 3, 8));
    assertThat(x.gradient()).isNotNull();
    assertThat(x.gradient().toFloatArray()).containsOnly(0);
  }

  @Test
  void someMaskedRowsAreZeroAndTheOthersAsWithoutThem() {
    MultiHeadAttention layer = layer(new Configuration(8, 2, 4, 4, 2, false, 0));
    Tensor x = random(1, 4, 8);
    Mask mask = Mask.causal().and(Mask.padding(false, false, true, true));
    Tensor out = self(layer, x, mask);
    assertThat(out.rows(0, 2).toFloatArray()).containsOnly(0);
    Tensor last = self(layer, x.rows(2, 4).copy(), Mask.causal());
    Closeness.requireClose("rows that see something", out.rows(2, 4), last, 1e-5);
  }

  @Test
  void nothingLeaksThroughAMaskNotEvenNaN() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor query = random(1, 3, 8).requireGradient(true);
    Tensor keys = random(2, 4, 8);
    Tensor spoilt = keys.copy();
    Arrays.asList(1, 3).forEach(row -> spoilt.rows(row, row + 1).copyFrom(nan(8)));
    Mask mask = Mask.padding(true, false, true, false);
    Tensor expected = layer.apply(query, keys, keys, mask);
    Tensor out = layer.apply(query, spoilt, spoilt, mask);
    assertThat(out.toFloatArray()).isEqualTo(expected.toFloatArray());
    out.backward(random(3, 3, 8));
    assertThat(query.gradient()).isNotNull();
    for (float slope : query.gradient().toFloatArray()) {
      assertThat(slope).isFinite();
    }
  }

  private static Tensor nan(int width) {
    float[] values = new float[width];
    Arrays.fill(values, Float.NaN);
    return Tensor.of(values, 1, width);
  }

  @Test
  void aCausalQuerySeesNothingOfTheFuture() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 6, 8);
    float[] before = self(layer, x, Mask.causal()).toFloatArray();
    for (int changed = 1; changed < 6; changed++) {
      Tensor other = x.copy();
      other.rows(changed, changed + 1).copyFrom(random(9, 1, 8));
      float[] after = self(layer, other, Mask.causal()).toFloatArray();
      int past = changed * 8;
      assertThat(Arrays.copyOf(after, past)).isEqualTo(Arrays.copyOf(before, past));
      assertThat(after[past]).isNotEqualTo(before[past]);
    }
  }

  @Test
  void aCausalQueryHasNoGradientFromTheFuture() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 5, 8).requireGradient(true);
    Tensor seed = Tensor.zeros(Shape.of(5, 8), DType.F32);
    seed.rows(2, 3).copyFrom(random(2, 1, 8)); // the loss is about row 2 alone
    self(layer, x, Mask.causal()).backward(seed);
    assertThat(x.gradient()).isNotNull();
    assertThat(x.gradient().rows(3, 5).toFloatArray()).containsOnly(0);
    assertThat(x.gradient().rows(0, 1).toFloatArray()).doesNotContain(0);
  }

  @Test
  void aWindowHidesWhatIsFarAway() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 6, 8);
    Tensor scores = layer.applyWithScores(x, x, x, Mask.window(1, 2)).scores();
    for (int t = 0; t < 6; t++) {
      for (int s = 0; s < 6; s++) {
        assertThat(scores.get(0, 1, t, s) > 0).isEqualTo(s >= t - 1 && s <= t + 2);
      }
    }
  }

  // Sizes

  @Test
  void oneTokenAttendsToItselfAlone() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 1, 8);
    WithScores both = layer.applyWithScores(x, x, x, Mask.causal());
    assertThat(both.scores().shape()).isEqualTo(Shape.of(1, 2, 1, 1));
    for (float weight : both.scores().toFloatArray()) {
      assertThat(weight).isCloseTo(1f, within(1e-5f));
    }
    assertThat(both.out().shape()).isEqualTo(Shape.of(1, 8));
  }

  @Test
  void acceptsEmptySequences() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor none = Tensor.zeros(Shape.of(0, 8), DType.F32);
    assertThat(self(layer, none, Mask.none()).shape()).isEqualTo(Shape.of(0, 8));
    assertThat(layer.applyWithScores(none, none, none, Mask.none()).scores().shape())
        .isEqualTo(Shape.of(1, 2, 0, 0));
    Tensor noneOfThree = Tensor.zeros(Shape.of(3, 0, 8), DType.F32);
    assertThat(layer.applyWithScores(noneOfThree, noneOfThree, noneOfThree, Mask.none()).scores())
        .extracting(Tensor::shape)
        .isEqualTo(Shape.of(3, 2, 0, 0));
  }

  @Test
  void queriesWithoutKeysGetZeros() {
    MultiHeadAttention layer = splitting(8, 2); // its output bias is zero at first
    Tensor none = Tensor.zeros(Shape.of(2, 0, 8), DType.F32);
    Tensor out = layer.apply(random(1, 2, 3, 8), none, none, Mask.none());
    assertThat(out.toFloatArray()).hasSize(48).containsOnly(0);
  }

  @Test
  void aRaggedBatchGivesWhatEachSequenceGivesAlone() {
    MultiHeadAttention layer = splitting(8, 2);
    int[] lengths = {4, 1, 0, 7};
    Sequences sequences = Sequences.ofLengths(lengths);
    Tensor x = random(1, 12, 8);
    Tensor together = layer.apply(x, x, x, sequences, sequences, Mask.causal(), null);
    for (int i = 0; i < lengths.length; i++) {
      int from = sequences.start(i);
      Tensor alone = self(layer, x.rows(from, from + lengths[i]).copy(), Mask.causal());
      Closeness.requireClose("sequence " + i, together.rows(from, from + lengths[i]), alone, 1e-5);
    }
  }

  @Test
  void equalLengthsGiveTheSameBitsInEitherShape() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 3, 4, 8);
    Tensor rows = x.withShape(Shape.of(12, 8));
    Sequences sequences = Sequences.ofLengths(4, 4, 4);
    assertThat(self(layer, x, Mask.causal()).toFloatArray())
        .isEqualTo(
            layer
                .apply(rows, rows, rows, sequences, sequences, Mask.causal(), null)
                .toFloatArray());
  }

  // Dropout

  @Test
  void dropsWeightsOnlyInTraining() {
    MultiHeadAttention layer = layer(Configuration.splitting(8, 2, 0.5));
    Tensor x = random(1, 6, 8);
    float[] predicted = self(layer, x, Mask.none()).toFloatArray();
    assertThat(self(layer, x, Mask.none()).toFloatArray()).isEqualTo(predicted);
    assertThat(train(layer, x, 7, 1)).isNotEqualTo(predicted).isEqualTo(train(layer, x, 7, 1));
    assertThat(train(layer, x, 7, 2)).isNotEqualTo(train(layer, x, 7, 1));
    assertThat(train(layer, x, 8, 1)).isNotEqualTo(train(layer, x, 7, 1));
  }

  private static float[] train(MultiHeadAttention layer, Tensor x, long seed, long step) {
    return TrainingMode.run(seed, step, () -> self(layer, x, Mask.none()).toFloatArray());
  }

  // Refusals

  @Test
  void refusesHeadsThatDoNotDivideTheWidth() {
    assertThatThrownBy(() -> Configuration.splitting(256, 10, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("numHeads must divide modelWidth: received numHeads=10, modelWidth=256");
  }

  @Test
  void refusesGroupsThatDoNotDivideTheHeads() {
    assertThatThrownBy(() -> new Configuration(8, 4, 2, 2, 3, true, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "numKeyValueHeads must divide numHeads: received numKeyValueHeads=3, numHeads=4");
  }

  @Test
  void refusesAMaskOfAnotherLength() {
    MultiHeadAttention layer = splitting(8, 2);
    Tensor x = random(1, 3, 8);
    assertThatThrownBy(() -> self(layer, x, Mask.padding(true, true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("keyMask must be I32 [3]");
  }
}
