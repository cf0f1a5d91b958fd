package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusedOperationsTest {
  @ParameterizedTest
  @EnumSource(Activation.class)
  void differentiatesLinearWithAndWithoutBiasAndResidual(Activation activation) {
    Tensor x = input(1, 3, 4);
    Tensor weight = input(2, 5, 4);
    Tensor bias = input(3, 5);
    Tensor residual = input(4, 3, 5);
    check(() -> FusedOperations.linear(x, weight, null, activation, null), x, weight);
    check(() -> FusedOperations.linear(x, weight, bias, activation, null), x, weight, bias);
    check(() -> FusedOperations.linear(x, weight, null, activation, residual), x, weight, residual);
    check(
        () -> FusedOperations.linear(x, weight, bias, activation, residual),
        x,
        weight,
        bias,
        residual);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void linearIsTheProductThenBiasThenActivationThenResidual(Activation activation) {
    Tensor x = input(1, 2, 3, 4);
    Tensor weight = input(2, 5, 4);
    Tensor bias = input(3, 5);
    Tensor residual = input(4, 2, 3, 5);
    Tensor product = Operations.matmul(Operations.reshape(x, 6, 4), false, weight, true);
    Tensor activated = Operations.activation(activation, Operations.add(product, bias));
    Tensor steps = Operations.add(Operations.reshape(activated, 2, 3, 5), residual);
    Tensor fused = FusedOperations.linear(x, weight, bias, activation, residual);
    assertThat(fused.shape()).isEqualTo(steps.shape());
    assertThat(fused.toDoubleArray()).containsExactly(steps.toDoubleArray(), within(1e-13));
  }

  @Test
  void differentiatesLinearWhoseInputIsAlsoItsResidual() {
    Tensor x = input(1, 3, 4);
    Tensor weight = input(2, 4, 4);
    check(() -> FusedOperations.linear(x, weight, null, Activation.GELU, x), x, weight);
    // The same where x is computed: its gradient is then shared with what follows.
    check(
        () -> {
          Tensor h = Operations.scale(x, 2);
          return FusedOperations.linear(h, weight, null, Activation.NONE, h);
        },
        x,
        weight);
  }

  @Test
  void linearTakesABatchOrOneRow() {
    Tensor weight = input(2, 5, 4);
    Tensor row = input(1, 4);
    Tensor batch = input(1, 2, 3, 4);
    assertThat(linear(row, weight).shape()).isEqualTo(Shape.of(5));
    assertThat(linear(batch, weight).shape()).isEqualTo(Shape.of(2, 3, 5));
    check(() -> linear(row, weight), row, weight);
    check(() -> linear(batch, weight), batch, weight);
  }

  @Test
  void linearOfNoRowsHasNoRowsAndZeroGradients() {
    Tensor nothing = input(1, 0, 4);
    Tensor weight = input(2, 5, 4);
    Tensor bias = input(3, 5);
    Tensor out = FusedOperations.linear(nothing, weight, bias, Activation.GELU, null);
    assertThat(out.shape()).isEqualTo(Shape.of(0, 5));
    Operations.sum(out).backward();
    assertThat(gradientOf(weight).toDoubleArray()).containsOnly(0);
    assertThat(gradientOf(bias).toDoubleArray()).containsOnly(0);
  }

  @Test
  void layerNormCentresAndScalesEachRow() {
    Tensor x = Tensor.of(new double[] {1, 3, -10, 10}, 2, 2);
    Tensor ones = Tensor.of(new double[] {1, 1}, 2);
    assertThat(FusedOperations.layerNorm(x, ones, null, 0).toDoubleArray())
        .containsExactly(-1, 1, -1, 1);
    Tensor gain = Tensor.of(new double[] {2, 3}, 2);
    Tensor bias = Tensor.of(new double[] {0.5, 0}, 2);
    assertThat(FusedOperations.layerNorm(x, gain, bias, 0).toDoubleArray())
        .containsExactly(-1.5, 3, -1.5, 3);
  }

  @Test
  void differentiatesLayerNorm() {
    Tensor x = input(1, 20, 5); // more rows than one task takes
    Tensor gain = input(2, 5);
    Tensor bias = input(3, 5);
    check(() -> FusedOperations.layerNorm(x, gain, bias, 1e-5), x, gain, bias);
    check(() -> FusedOperations.layerNorm(x, gain, null, 0.1), x, gain);
    Tensor batch = input(4, 2, 3, 5);
    check(() -> FusedOperations.layerNorm(batch, gain, bias, 1e-5), batch, gain, bias);
  }

  @Test
  void rmsNormScalesEachRowByItsRootMeanSquare() {
    Tensor x = Tensor.of(new double[] {3, 4, 0, 0}, 1, 4);
    Tensor gain = Tensor.of(new double[] {1, 2, 1, 1}, 4);
    assertThat(FusedOperations.rmsNorm(x, gain, 0).toDoubleArray())
        .containsExactly(new double[] {1.2, 3.2, 0, 0}, within(1e-14));
  }

  @Test
  void differentiatesRmsNorm() {
    Tensor x = input(1, 20, 5);
    Tensor gain = input(2, 5);
    check(() -> FusedOperations.rmsNorm(x, gain, 1e-6), x, gain);
    Tensor batch = input(4, 2, 3, 5);
    check(() -> FusedOperations.rmsNorm(batch, gain, 0.1), batch, gain);
  }

  @Test
  void embeddingLooksUpScaledRows() {
    Tensor table = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Tensor ids = Tensor.of(new int[] {2, 0, 2, 1}, 2, 2);
    Tensor out = FusedOperations.embedding(table, ids, 10);
    assertThat(out.shape()).isEqualTo(Shape.of(2, 2, 2));
    assertThat(out.toFloatArray()).containsExactly(50, 60, 10, 20, 50, 60, 30, 40);
  }

  @Test
  void differentiatesEmbeddingWithRepeatedIds() {
    Tensor table = input(1, 5, 3);
    Tensor ids = Tensor.of(new int[] {4, 1, 4, 4}, 4);
    check(() -> FusedOperations.embedding(table, ids, 2.5), table);
  }

  @Test
  void refusesIdsOutsideTheTable() {
    Tensor table = input(1, 5, 3);
    for (int id : new int[] {5, -1}) {
      assertThatThrownBy(() -> FusedOperations.embedding(table, Tensor.of(new int[] {0, id}, 2), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("an id must be in 0…4: received " + id);
    }
  }

  @Test
  void rotateTurnsPairsByTheAnglesOfTheirPosition() {
    double angle = 0.3;
    Tensor cosines = Tensor.of(new double[] {1, Math.cos(angle)}, 2, 1);
    Tensor sines = Tensor.of(new double[] {0, Math.sin(angle)}, 2, 1);
    Tensor x = Tensor.of(new double[] {1, 0, 1, 0}, 2, 2);
    Tensor positions = Tensor.of(new int[] {0, 1}, 2);
    assertThat(FusedOperations.rotate(x, 1, cosines, sines, positions, true).toDoubleArray())
        .containsExactly(new double[] {1, 0, Math.cos(angle), Math.sin(angle)}, within(1e-15));
  }

  @Test
  void rotatePairsNeighboursOrHalvesAndLeavesTheRest() {
    // A quarter turn of the first 4 of 5 columns of each of 2 heads: (a, b) becomes (−b, a).
    Tensor cosines = Tensor.of(new double[] {0, 0}, 1, 2);
    Tensor sines = Tensor.of(new double[] {1, 1}, 1, 2);
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, 10);
    Tensor position = Tensor.of(new int[] {0}, 1);
    assertThat(FusedOperations.rotate(x, 2, cosines, sines, position, false).toDoubleArray())
        .containsExactly(-2, 1, -4, 3, 5, -7, 6, -9, 8, 10);
    assertThat(FusedOperations.rotate(x, 2, cosines, sines, position, true).toDoubleArray())
        .containsExactly(-3, -4, 1, 2, 5, -8, -9, 6, 7, 10);
  }

  @Test
  void differentiatesRotate() {
    Tensor cosines = Tensor.zeros(Shape.of(7, 2), DType.F64);
    Tensor sines = Tensor.zeros(Shape.of(7, 2), DType.F64);
    for (int i = 0; i < 14; i++) {
      Elements.of(cosines).set(i, Math.cos(i));
      Elements.of(sines).set(i, Math.sin(i));
    }
    Tensor positions = Tensor.of(new int[] {0, 3, 6, 3}, 4);
    Tensor x = input(1, 4, 10);
    for (boolean halves : new boolean[] {false, true}) {
      check(() -> FusedOperations.rotate(x, 2, cosines, sines, positions, halves), x);
    }
  }

  @Test
  void rotateRefusesTablesAndPositionsThatDoNotFit() {
    Tensor x = input(1, 2, 10);
    Tensor table = Tensor.zeros(Shape.of(3, 2), DType.F64);
    Tensor positions = Tensor.of(new int[] {0, 3}, 2);
    assertThatThrownBy(() -> FusedOperations.rotate(x, 2, table, table, positions, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a position must be in 0…2: received 3");
    Tensor wide = Tensor.zeros(Shape.of(4, 3), DType.F64);
    assertThatThrownBy(() -> FusedOperations.rotate(x, 2, wide, wide, positions, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received [4, 3]");
    assertThatThrownBy(() -> FusedOperations.rotate(x, 3, table, table, positions, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2, 10]");
    Tensor one = Tensor.of(new int[] {0}, 1);
    assertThatThrownBy(() -> FusedOperations.rotate(x, 2, table, table, one, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 rows needs as many I32 positions: received Tensor I32 [1]");
  }

  @Test
  void linearSaysWhatItExpectedAndReceived() {
    Tensor x = input(1, 3, 4);
    Tensor weight = input(2, 5, 3);
    assertThatThrownBy(() -> linear(x, weight))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs rows of width 3: received [3, 4]");
    Tensor square = input(2, 4, 4);
    assertThatThrownBy(
            () -> FusedOperations.linear(x, square, null, Activation.NONE, input(3, 4, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs a residual [3, 4]: received [4, 4]");
    assertThatThrownBy(() -> FusedOperations.linear(x, square, input(3, 3), Activation.NONE, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs a bias of 4 elements: received [3]");
    assertThatThrownBy(() -> linear(x, square.to(DType.F32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs equal types: received F64 and F32");
    Tensor single = input(3, 4).to(DType.F32);
    assertThatThrownBy(() -> FusedOperations.linear(x, square, single, Activation.NONE, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs equal types: received F64 and F32");
  }

  @Test
  void normsSayWhatTheyExpectedAndReceived() {
    Tensor x = input(1, 3, 4);
    assertThatThrownBy(() -> FusedOperations.layerNorm(x, input(2, 3), null, 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layerNorm needs rows as wide as its gain, 3: received [3, 4]");
    assertThatThrownBy(() -> FusedOperations.layerNorm(x, input(2, 4), input(3, 3), 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layerNorm needs a bias of 4 elements: received [3]");
    assertThatThrownBy(() -> FusedOperations.rmsNorm(x, input(2, 5), 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rmsNorm needs rows as wide as its gain, 5: received [3, 4]");
  }

  private static Tensor linear(Tensor x, Tensor weight) {
    return FusedOperations.linear(x, weight, null, Activation.NONE, null);
  }
}
