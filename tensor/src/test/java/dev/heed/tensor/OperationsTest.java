package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OperationsTest {
  @Test
  void addsElements() {
    Tensor sum = Operations.add(of(1, 2, 3), of(10, 20, 30));
    assertThat(sum.toFloatArray()).containsExactly(11, 22, 33);
  }

  @Test
  void repeatsTheSecondOnEveryRow() {
    Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    assertThat(Operations.add(a, of(10, 20)).toFloatArray()).containsExactly(11, 22, 13, 24);
    assertThat(Operations.subtract(a, of(1, 1)).toFloatArray()).containsExactly(0, 1, 2, 3);
    assertThat(Operations.multiply(a, of(2, 3)).toFloatArray()).containsExactly(2, 6, 6, 12);
  }

  @Test
  void differentiatesElementwiseOperationsOfEqualShapes() {
    Tensor a = input(1, 3, 4);
    Tensor b = input(2, 3, 4);
    check(() -> Operations.add(a, b), a, b);
    check(() -> Operations.subtract(a, b), a, b);
    check(() -> Operations.multiply(a, b), a, b);
  }

  @Test
  void differentiatesElementwiseOperationsWithARepeatedOperand() {
    Tensor a = input(1, 2, 3, 4);
    for (int[] shape : new int[][] {{}, {4}, {3, 4}, {2, 3, 4}}) {
      Tensor b = input(2, shape);
      check(() -> Operations.add(a, b), a, b);
      check(() -> Operations.subtract(a, b), a, b);
      check(() -> Operations.multiply(a, b), a, b);
    }
  }

  @Test
  void differentiatesATensorCombinedWithItself() {
    Tensor x = input(3, 2, 3);
    check(() -> Operations.add(x, x), x);
    check(() -> Operations.subtract(x, x), x);
    check(() -> Operations.multiply(x, x), x);
    check(() -> Operations.matmul(x, false, x, true), x);
    check(() -> Operations.gated(Activation.SILU, x, x), x);
  }

  @Test
  void multipliesMatrices() {
    Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor b = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
    Tensor product = Operations.matmul(a, b);
    assertThat(product.shape()).isEqualTo(Shape.of(2, 2));
    assertThat(product.toFloatArray()).containsExactly(4, 5, 10, 11);
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void differentiatesMatmul(boolean transposeA, boolean transposeB) {
    Tensor a = transposeA ? input(1, 4, 3) : input(1, 3, 4);
    Tensor b = transposeB ? input(2, 5, 4) : input(2, 4, 5);
    Tensor product = Operations.matmul(a, transposeA, b, transposeB);
    assertThat(product.shape()).isEqualTo(Shape.of(3, 5));
    double expected = 0;
    for (int k = 0; k < 4; k++) {
      expected +=
          (transposeA ? a.get(k, 2) : a.get(2, k)) * (transposeB ? b.get(1, k) : b.get(k, 1));
    }
    assertThat(product.get(2, 1)).isCloseTo(expected, within(1e-14));
    check(() -> Operations.matmul(a, transposeA, b, transposeB), a, b);
  }

  @Test
  void multipliesMatricesWithoutRowsOrWithoutWidth() {
    Tensor nothing = Tensor.zeros(Shape.of(0, 3), DType.F32);
    assertThat(Operations.matmul(nothing, Tensor.zeros(Shape.of(3, 2), DType.F32)).shape())
        .isEqualTo(Shape.of(0, 2));
    Tensor noWidth = Tensor.zeros(Shape.of(2, 0), DType.F32);
    assertThat(Operations.matmul(noWidth, Tensor.zeros(Shape.of(0, 2), DType.F32)).toFloatArray())
        .containsExactly(0, 0, 0, 0);
  }

  @Test
  void differentiatesScaleAndReshape() {
    Tensor x = input(4, 2, 6);
    check(() -> Operations.scale(x, -2.5), x);
    check(() -> Operations.reshape(x, 3, 4), x);
    check(() -> Operations.multiply(Operations.reshape(x, 12), Operations.reshape(x, 12)), x);
  }

  @Test
  void differentiatesSelectedRowsAlsoWhereOneIsTakenTwice() {
    Tensor x = input(5, 4, 3);
    Tensor ids = Tensor.of(new int[] {2, 0, 2}, 3);
    assertThat(Operations.selectRows(x, ids).get(1, 2)).isEqualTo(x.get(0, 2));
    check(() -> Operations.selectRows(x, ids), x);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void differentiatesActivations(Activation activation) {
    Tensor x = input(6, 5, 7);
    Tensor up = input(7, 5, 7);
    check(() -> Operations.activation(activation, x), x);
    check(() -> Operations.gated(activation, x, up), x, up);
  }

  @Test
  void softmaxRowsArePositiveAndSumToOne() {
    Tensor p = Operations.softmax(Operations.scale(input(8, 6, 9), 5));
    for (int row = 0; row < 6; row++) {
      double sum = 0;
      for (int column = 0; column < 9; column++) {
        assertThat(p.get(row, column)).isPositive();
        sum += p.get(row, column);
      }
      assertThat(sum).isCloseTo(1, within(1e-14));
    }
  }

  @Test
  void softmaxIsStableForLargeLogitsAndZeroWhereNothingIsAllowed() {
    Tensor p = Operations.softmax(Tensor.of(new float[] {1e30f, 1e30f, -1e30f}, 1, 3));
    assertThat(p.toFloatArray()).containsExactly(0.5f, 0.5f, 0);
    float nothing = Float.NEGATIVE_INFINITY;
    Tensor hidden = Operations.softmax(Tensor.of(new float[] {nothing, nothing}, 1, 2));
    assertThat(hidden.toFloatArray()).containsExactly(0, 0);
  }

  @Test
  void differentiatesSoftmax() {
    Tensor x = input(9, 3, 5);
    check(() -> Operations.softmax(x), x);
    Tensor wide = input(9, 2, 2, 3);
    check(() -> Operations.softmax(wide), wide);
  }

  @Test
  void dropoutSetsAShareToZeroAndScalesTheOthers() {
    Tensor ones = Tensor.zeros(Shape.of(100, 100), DType.F32);
    Operations.fill(ones, 1);
    Tensor out = Operations.dropout(ones, 0.2, CounterRandom.key(1, 2, 3));
    int dropped = 0;
    for (float value : out.toFloatArray()) {
      if (value == 0) {
        dropped++;
      } else {
        assertThat(value).isEqualTo(1.25f);
      }
    }
    assertThat(dropped).isBetween(1800, 2200); // 2000 ± 5 deviations of 40
    assertThat(Operations.dropout(ones, 0, 1)).isSameAs(ones);
  }

  @Test
  void differentiatesDropoutByTheSameMask() {
    Tensor x = input(10, 6, 5);
    check(() -> Operations.dropout(x, 0.4, CounterRandom.key(4, 5, 6)), x);
  }

  @Test
  void differentiatesSumAndMean() {
    Tensor x = input(11, 3, 4);
    double total = 0;
    for (double value : x.toDoubleArray()) {
      total += value;
    }
    assertThat(Operations.sum(x).item()).isCloseTo(total, within(1e-14));
    assertThat(Operations.mean(x).item()).isCloseTo(total / 12, within(1e-14));
    assertThat(Operations.sum(x).shape()).isEqualTo(Shape.of());
    check(() -> Operations.sum(x), x);
    check(() -> Operations.mean(x), x);
  }

  @Test
  void averagesTheRowsOfEachSequence() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2);
    Tensor means = Operations.meanPerSequence(x, Sequences.ofLengths(3, 0, 1));
    assertThat(means.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(means.toFloatArray()).containsExactly(3, 4, 0, 0, 7, 8);
  }

  @Test
  void takesTheLargestOfEachColumnOfEachSequence() {
    Tensor x = Tensor.of(new float[] {1, -2, 3, -4, 2, -6, -7, 8}, 4, 2);
    Tensor largest = Operations.maxPerSequence(x, Sequences.ofLengths(3, 0, 1));
    assertThat(largest.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(largest.toFloatArray()).containsExactly(3, -2, 0, 0, -7, 8);
    Tensor random = input(12, 6, 3);
    check(() -> Operations.maxPerSequence(random, Sequences.ofLengths(2, 0, 1, 3)), random);
  }

  @Test
  void differentiatesTheMeanPerSequence() {
    Tensor x = input(12, 6, 3);
    check(() -> Operations.meanPerSequence(x, Sequences.ofLengths(2, 0, 1, 3)), x);
    Tensor batch = input(13, 2, 3, 4);
    check(() -> Operations.meanPerSequence(batch, Sequences.of(batch)), batch);
  }

  @Test
  void aSequenceWithNaNLeavesTheMeansOfTheOthersAlone() {
    Tensor x = Tensor.of(new float[] {Float.NaN, 2, 4}, 3, 1);
    Tensor means = Operations.meanPerSequence(x, Sequences.ofLengths(1, 2));
    assertThat(means.toFloatArray()).containsExactly(Float.NaN, 3);
  }

  @Test
  void saysWhichShapesItExpectedAndReceived() {
    assertThatThrownBy(() -> Operations.add(of(1, 2, 3), of(1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("add needs a second shape that ends the first: received [3] and [2]");
    Tensor a = Tensor.zeros(Shape.of(2, 3), DType.F32);
    assertThatThrownBy(() -> Operations.matmul(a, a))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("matmul needs inner dimensions that agree: received [2, 3] and [2, 3]");
    assertThatThrownBy(() -> Operations.matmul(a, true, a, true))
        .hasMessageContaining("[2, 3] transposed and [2, 3] transposed");
    assertThatThrownBy(() -> Operations.matmul(of(1), a))
        .hasMessage("matmul needs matrices: received shape [1]");
    assertThatThrownBy(() -> Operations.gated(Activation.SILU, a, of(1)))
        .hasMessage("gated needs equal shapes: received [2, 3] and [1]");
    assertThatThrownBy(() -> Operations.reshape(a, 4))
        .hasMessage("shape [4] has 4 elements: expected 6");
    assertThatThrownBy(() -> Operations.meanPerSequence(a, Sequences.ofLengths(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the sequences have 3 rows: received shape [2, 3]");
  }

  @Test
  void saysWhichTypesItReceived() {
    Tensor doubles = Tensor.of(new double[] {1}, 1);
    assertThatThrownBy(() -> Operations.add(of(1), doubles))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("add needs equal types: received F32 and F64");
  }

  @Test
  void refusesADropoutRateThatLeavesNothing() {
    for (double rate : new double[] {-0.1, 1, Double.NaN}) {
      assertThatThrownBy(() -> Operations.dropout(of(1), rate, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("dropout must be in [0, 1): received " + rate);
    }
  }

  @Test
  void matricesStandBelowEachOtherOrSideBySide() {
    Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor b = Tensor.of(new float[] {5, 6}, 1, 2);
    Tensor c = Tensor.of(new float[] {7, 8}, 2, 1);
    assertThat(Operations.concatenate(List.of(a, b, a.rows(0, 0), b)).toFloatArray())
        .containsExactly(1, 2, 3, 4, 5, 6, 5, 6);
    assertThat(Operations.sideBySide(a, c).toFloatArray()).containsExactly(1, 2, 7, 3, 4, 8);
    Tensor x = input(1, 3, 4);
    Tensor y = input(2, 2, 4);
    Tensor z = input(3, 3, 2);
    check(() -> Operations.concatenate(List.of(x, y, x)), x, y);
    check(() -> Operations.sideBySide(x, z), x, z);
    check(() -> Operations.sideBySide(z, z), z);
    assertThatThrownBy(() -> Operations.concatenate(List.of(a, c)))
        .hasMessage("concatenate needs equal widths: received [2, 2] and [2, 1]");
    assertThatThrownBy(() -> Operations.sideBySide(a, b))
        .hasMessage("sideBySide needs equally many rows: received [2, 2] and [1, 2]");
  }

  private static Tensor of(float... elements) {
    return Tensor.of(elements, elements.length);
  }
}
