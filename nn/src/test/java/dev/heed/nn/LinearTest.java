package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearTest {
  private final Initializer initializer = Initializer.seeded(1);

  @Test
  void agreesWithPyTorch() {
    Linear linear = new Linear(7, 5, true, initializer);
    Golden.check("linear", linear, Golden.OPERATION, in -> linear.apply(in.input("x")));
  }

  @Test
  void appliesActivationAndResidualInOnePass() {
    Linear linear = new Linear(7, 5, false, initializer);
    Golden.check(
        "linear-gelu-residual",
        linear,
        Golden.OPERATION,
        in -> linear.apply(in.input("x"), Activation.GELU, in.input("residual")));
  }

  @Test
  void startsWithGlorotsWeightsAndNoBias() {
    Linear linear = new Linear(30, 20, true, initializer);
    double bound = Math.sqrt(6.0 / 50);
    assertThat(linear.weight().shape()).isEqualTo(Shape.of(20, 30));
    double[] weights = linear.weight().toDoubleArray();
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, Math.abs(weight));
    }
    assertThat(largest).isBetween(0.95 * bound, bound);
    assertThat(linear.bias()).isNotNull();
    assertThat(linear.bias().toDoubleArray()).containsOnly(0);
    assertThat(linear.parameterCount()).isEqualTo(20 * 30 + 20);
  }

  @Test
  void acceptsNoRows() {
    Linear linear = new Linear(3, 2, true, initializer);
    Tensor none = Tensor.zeros(Shape.of(0, 3), DType.F32);
    assertThat(linear.apply(none).shape()).isEqualTo(Shape.of(0, 2));
  }

  @Test
  void refusesRowsOfAnotherWidth() {
    Linear linear = new Linear(3, 2, true, initializer);
    assertThatThrownBy(() -> linear.apply(Tensor.zeros(Shape.of(4, 5), DType.F32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("linear needs rows of width 3: received [4, 5]");
  }
}
