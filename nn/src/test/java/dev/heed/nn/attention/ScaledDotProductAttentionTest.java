package dev.heed.nn.attention;

import static dev.heed.nn.attention.ScaledDotProductAttention.Similarity.COSINE;
import static dev.heed.nn.attention.ScaledDotProductAttention.Similarity.DOT_PRODUCT;
import static dev.heed.nn.attention.ScaledDotProductAttention.formula;
import static dev.heed.nn.attention.ScaledDotProductAttention.fused;
import static dev.heed.nn.attention.ScaledDotProductAttention.loop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Initializer;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.tensor.testing.GradientCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledDotProductAttentionTest {
  private static Tensor random(long seed, int... shape) {
    return Initializer.seeded(seed).normal(1, shape);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 1", "6, 6, 8, 8", "3, 7, 5, 2", "13, 29, 16, 24", "70, 130, 64, 32"})
  void threeWaysGiveTheSameNumbers(int t, int s, int width, int valueWidth) {
    Tensor q = random(1, t, width);
    Tensor k = random(2, s, width);
    Tensor v = random(3, s, valueWidth);
    Tensor byToken = loop(q, k, v, DOT_PRODUCT);
    Closeness.requireClose("formula", formula(q, k, v), byToken, 1e-5);
    Closeness.requireClose("fused", fused(q, k, v), byToken, 1e-5);
  }

  @Test
  void formulaAndKernelHaveTheSameGradients() {
    Tensor[] byFormula = inputs();
    Tensor[] byKernel = inputs();
    Tensor seed = random(9, 5, 6).to(DType.F64);
    formula(byFormula[0], byFormula[1], byFormula[2]).backward(seed);
    fused(byKernel[0], byKernel[1], byKernel[2]).backward(seed);
    for (int i = 0; i < 3; i++) {
      assertThat(byKernel[i].gradient()).isNotNull();
      assertThat(byFormula[i].gradient()).isNotNull();
      Closeness.requireClose(
          "gradient " + i, byKernel[i].gradient(), byFormula[i].gradient(), 1e-12);
    }
  }

  @Test
  void gradientsAreThoseOfFiniteDifferences() {
    Tensor[] x = inputs();
    GradientCheck.check(() -> fused(x[0], x[1], x[2]), x);
    GradientCheck.check(() -> formula(x[0], x[1], x[2]), x);
  }

  private static Tensor[] inputs() {
    return new Tensor[] {
      GradientCheck.input(1, 5, 4), GradientCheck.input(2, 7, 4), GradientCheck.input(3, 7, 6)
    };
  }

  @Test
  void weightsOfEachRowSumToOne() {
    Tensor weights = ScaledDotProductAttention.weights(random(1, 3, 4), random(2, 9, 4));
    assertThat(weights.shape()).isEqualTo(Shape.of(3, 9));
    for (int t = 0; t < 3; t++) {
      double sum = 0;
      for (int s = 0; s < 9; s++) {
        sum += weights.get(t, s);
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void aQueryThatIsAlikeToOneKeyTakesItsValue() {
    Tensor q = Tensor.of(new float[] {0, 100, 0}, 1, 3);
    Tensor k = Tensor.of(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3);
    Tensor v = Tensor.of(new float[] {10, 20, 30}, 3, 1);
    assertThat(loop(q, k, v, DOT_PRODUCT).item()).isCloseTo(20, within(1e-4));
    assertThat(fused(q, k, v).item()).isCloseTo(20, within(1e-4));
  }

  @Test
  void theCosineDoesNotSeeTheLengthOfVectors() {
    Tensor q = random(1, 3, 4);
    Tensor k = random(2, 5, 4);
    Tensor v = random(3, 5, 4);
    Tensor longer = Operations.scale(k, 7);
    Closeness.requireClose("cosine", loop(q, longer, v, COSINE), loop(q, k, v, COSINE), 1e-5);
    assertThat(loop(q, longer, v, DOT_PRODUCT).toFloatArray())
        .isNotEqualTo(loop(q, k, v, DOT_PRODUCT).toFloatArray());
  }

  @Test
  void cosineWeightsAreTheSoftmaxOfTheCosines() {
    Tensor q = Tensor.of(new float[] {2, 0}, 1, 2);
    Tensor k = Tensor.of(new float[] {5, 0, 0, 3}, 2, 2); // cosines 1 and 0
    Tensor v = Tensor.of(new float[] {1, 0}, 2, 1);
    assertThat(loop(q, k, v, COSINE).item()).isCloseTo(Math.E / (Math.E + 1), within(1e-6));
  }
}
