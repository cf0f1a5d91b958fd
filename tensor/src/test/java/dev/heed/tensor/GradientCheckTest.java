package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GradientCheckTest {
  @Test
  void acceptsARightGradient() {
    Tensor x = input(1, 3, 4);
    assertThatCode(() -> check(() -> Operations.multiply(x, x), x)).doesNotThrowAnyException();
  }

  @Test
  void refusesAWrongGradient() {
    Tensor x = input(1, 3, 4);
    // x², but the backward pass sees one factor only.
    assertThatThrownBy(() -> check(() -> Operations.multiply(x, x.copy()), x))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("input 0")
        .hasMessageContaining("by finite difference, received");
  }

  @Test
  void refusesAMissingGradient() {
    Tensor x = input(1, 3);
    Tensor y = input(2, 3);
    assertThatThrownBy(() -> check(() -> Operations.add(x, y.copy()), x, y))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("input 1");
  }

  @Test
  void noticesErrorsThatCancelOutInASum() {
    Tensor x = input(1, 2);
    // The sum of (x₀, −x₀) has the gradient 0 everywhere; its elements have not.
    assertThatThrownBy(() ->
            check(
                () -> {
                  double first = x.get(0);
                  Tensor constant = Tensor.of(new double[] {first, -first}, 2);
                  return Operations.add(Operations.scale(x, 0), constant);
                },
                x))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void leavesTheInputsAsTheyWere() {
    Tensor x = input(3, 5);
    double[] before = x.toDoubleArray();
    check(() -> Operations.scale(x, 2), x);
    assertThat(x.toDoubleArray()).isEqualTo(before);
  }

  @Test
  void refusesInputsThatItCannotCheck() {
    Tensor single = Tensor.of(new float[] {1}, 1).requireGradient(true);
    assertThatThrownBy(() -> check(() -> single, single))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs F64 inputs that require a gradient")
        .hasMessageContaining("Tensor F32 [1]");
  }
}
