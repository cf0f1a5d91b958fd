package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrossEntropyTest {
  @Test
  void equalLogitsCostTheLogarithmOfTheirNumber() {
    Tensor logits = Tensor.zeros(Shape.of(2, 10), DType.F64);
    Tensor targets = Tensor.of(new int[] {3, 9}, 2);
    assertThat(FusedOperations.crossEntropy(logits, targets, 0).item())
        .isCloseTo(2 * Math.log(10), within(1e-14));
    assertThat(FusedOperations.crossEntropy(logits, targets, 0.1).item())
        .isCloseTo(2 * Math.log(10), within(1e-14));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void agreesWithTheFormulaAndLeavesTheLogitsAlone(double smoothing) {
    Tensor logits = input(1, 4, 6);
    double[] before = logits.toDoubleArray();
    int[] targets = {5, 0, -100, 2};
    double expected = 0;
    for (int row = 0; row < 4; row++) {
      if (targets[row] < 0) {
        continue;
      }
      double sum = 0;
      for (int c = 0; c < 6; c++) {
        sum += Math.exp(logits.get(row, c));
      }
      for (int c = 0; c < 6; c++) {
        double wanted = smoothing / 6 + (c == targets[row] ? 1 - smoothing : 0);
        expected -= wanted * (logits.get(row, c) - Math.log(sum));
      }
    }
    Tensor loss = FusedOperations.crossEntropy(logits, Tensor.of(targets, 4), smoothing);
    assertThat(loss.shape()).isEqualTo(Shape.of());
    assertThat(loss.item()).isCloseTo(expected, within(1e-13));
    assertThat(logits.toDoubleArray()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void differentiates(double smoothing) {
    Tensor logits = input(1, 4, 6);
    Tensor targets = Tensor.of(new int[] {5, 0, -100, 2}, 4);
    check(() -> FusedOperations.crossEntropy(logits, targets, smoothing), logits);
    Tensor batch = input(2, 2, 2, 6);
    check(() -> FusedOperations.crossEntropy(batch, targets, smoothing), batch);
  }

  @Test
  void ignoredTargetsCostNothingEvenWhereTheLogitsAreNaN() {
    Tensor logits = input(1, 2, 3);
    Tensor alone = logits.rows(1, 2).copy();
    for (int c = 0; c < 3; c++) {
      Elements.of(logits).set(c, Double.NaN);
    }
    Tensor loss = FusedOperations.crossEntropy(logits, Tensor.of(new int[] {-1, 2}, 2), 0.1);
    Tensor one = FusedOperations.crossEntropy(alone, Tensor.of(new int[] {2}, 1), 0.1);
    assertThat(loss.item()).isEqualTo(one.item());
    loss.backward();
    assertThat(gradientOf(logits).rows(0, 1).toDoubleArray()).containsOnly(0);
    assertThat(gradientOf(logits).get(1, 2)).isNegative();
  }

  @Test
  void aForbiddenClassCostsNothingAsLongAsItIsNotTheTarget() {
    double never = Double.NEGATIVE_INFINITY;
    Tensor logits = Tensor.of(new double[] {0, never, 0}, 1, 3).requireGradient(true);
    Tensor loss = FusedOperations.crossEntropy(logits, Tensor.of(new int[] {2}, 1), 0);
    assertThat(loss.item()).isCloseTo(Math.log(2), within(1e-15));
    loss.backward();
    assertThat(gradientOf(logits).toDoubleArray())
        .containsExactly(new double[] {0.5, 0, -0.5}, within(1e-15));
  }

  @Test
  void largeLogitsDoNotOverflow() {
    Tensor logits = Tensor.of(new float[] {1e30f, 0}, 1, 2);
    assertThat(FusedOperations.crossEntropy(logits, Tensor.of(new int[] {0}, 1), 0).item())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1})
  void differentiatesTheFusedOutputLayer(double smoothing) {
    Tensor x = input(1, 5, 3);
    Tensor weight = input(2, 7, 3);
    Tensor bias = input(3, 7);
    Tensor targets = Tensor.of(new int[] {6, 0, -1, 3, 3}, 5);
    check(() -> FusedOperations.linearCrossEntropy(x, weight, null, targets, smoothing), x, weight);
    check(
        () -> FusedOperations.linearCrossEntropy(x, weight, bias, targets, smoothing),
        x,
        weight,
        bias);
    check(
        () ->
            Operations.scale(
                FusedOperations.linearCrossEntropy(x, weight, bias, targets, smoothing), 0.25),
        x,
        weight,
        bias);
  }

  @Test
  void theFusedOutputLayerAgreesWithItsPartsAcrossChunksOfRows() {
    int rows = 260; // more than the 256 that one chunk takes at this vocabulary
    int vocabulary = 4200;
    Tensor x = input(1, rows, 1);
    Tensor weight = input(2, vocabulary, 1);
    Tensor bias = input(3, vocabulary);
    int[] targets = new int[rows];
    for (int i = 0; i < rows; i++) {
      targets[i] = i % 7 == 0 ? -1 : CounterRandom.below(vocabulary, 4, i);
    }
    Tensor wanted = Tensor.of(targets, rows);
    Tensor logits = FusedOperations.linear(x, weight, bias, Activation.NONE, null);
    Tensor parts = FusedOperations.crossEntropy(logits, wanted, 0.1);
    Operations.scale(parts, 0.5).backward();
    Tensor[] inputs = {x, weight, bias};
    double[][] expected = new double[3][];
    for (int i = 0; i < 3; i++) {
      expected[i] = gradientOf(inputs[i]).toDoubleArray();
      inputs[i].clearGradient();
    }
    Tensor fused = FusedOperations.linearCrossEntropy(x, weight, bias, wanted, 0.1);
    assertThat(fused.item()).isCloseTo(parts.item(), within(1e-9));
    Operations.scale(fused, 0.5).backward();
    for (int i = 0; i < 3; i++) {
      double[] received = gradientOf(inputs[i]).toDoubleArray();
      double worst = 0;
      for (int j = 0; j < received.length; j++) {
        worst = Math.max(worst, Math.abs(received[j] - expected[i][j]));
      }
      assertThat(worst).isLessThan(1e-10);
    }
  }

  @Test
  void theFusedOutputLayerOfNoRowsCostsNothing() {
    Tensor weight = input(2, 7, 3);
    Tensor none = Tensor.of(new int[0], 0);
    Tensor loss = FusedOperations.linearCrossEntropy(input(1, 0, 3), weight, null, none, 0);
    assertThat(loss.item()).isZero();
    loss.backward();
    assertThat(gradientOf(weight).toDoubleArray()).containsOnly(0);
  }

  @Test
  void theFusedOutputLayerComputesNoGradientsWhereNoneAreWanted() {
    Tensor x = input(1, 2, 3);
    Tensor weight = input(2, 7, 3).requireGradient(false);
    Tensor targets = Tensor.of(new int[] {1, 2}, 2);
    FusedOperations.linearCrossEntropy(x, weight, null, targets, 0).backward();
    assertThat(weight.gradient()).isNull();
    assertThat(x.gradient()).isNotNull();
    Tensor evaluated =
        Tensor.noGrad(() -> FusedOperations.linearCrossEntropy(x, weight, null, targets, 0));
    assertThat(evaluated.requiresGradient()).isFalse();
  }

  @Test
  void saysWhichTargetsItExpectedAndReceived() {
    Tensor logits = input(1, 2, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.crossEntropy(logits, Tensor.of(new int[] {1}, 1), 0))
        .withMessage("cross-entropy of 2 rows needs as many I32 targets: received Tensor I32 [1]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.crossEntropy(logits, Tensor.of(new int[] {1, 3}, 2), 0))
        .withMessage("a target must be below 3: received 3");
    Tensor floats = Tensor.of(new float[] {1, 1}, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.crossEntropy(logits, floats, 0))
        .withMessageContaining("received Tensor F32 [2]");
    Tensor targets = Tensor.of(new int[] {1, 1}, 2);
    for (double smoothing : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> FusedOperations.crossEntropy(logits, targets, smoothing))
          .withMessage("smoothing must be in [0, 1]: received " + smoothing);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> FusedOperations.linearCrossEntropy(logits, input(2, 7, 4), null, targets, 0))
        .withMessageContaining("linearCrossEntropy needs rows of width 4: received [2, 3]");
  }
}
