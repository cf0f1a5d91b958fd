package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class InitializerTest {
  @Test
  void givesTheSameBitsForTheSameSeed() {
    assertThat(Initializer.seeded(5).normal(1, 4, 4).toFloatArray())
        .isEqualTo(Initializer.seeded(5).normal(1, 4, 4).toFloatArray())
        .isNotEqualTo(Initializer.seeded(6).normal(1, 4, 4).toFloatArray());
  }

  @Test
  void givesShapesWithoutElementsBeforeLoading() {
    Initializer initializer = Initializer.beforeLoading();
    // Far more than there is memory for.
    Linear linear = new Linear(1 << 30, 1 << 30, true, initializer);
    assertThat(linear.weight().shape()).isEqualTo(Shape.of(1 << 30, 1 << 30));
    assertThat(linear.weight().hasElements()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(() -> linear.weight().memory())
        .withMessageContaining("no weights were loaded yet");
    for (Tensor none :
        List.of(initializer.zeros(2), initializer.ones(2), initializer.uniform(1, 2))) {
      assertThat(none.hasElements()).isFalse();
    }
  }

  @Test
  void givesOtherNumbersAtEachCall() {
    Initializer initializer = Initializer.seeded(5);
    assertThat(initializer.uniform(1, 9).toFloatArray())
        .isNotEqualTo(initializer.uniform(1, 9).toFloatArray());
  }

  @Test
  void normalNumbersHaveTheirDeviation() {
    double[] values = Initializer.seeded(1).normal(0.02, 200, 100).toDoubleArray();
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    assertThat(sum / values.length).isCloseTo(0, within(0.001));
    assertThat(Math.sqrt(squares / values.length)).isCloseTo(0.02, within(0.001));
  }

  @Test
  void uniformNumbersStayWithinTheirBound() {
    for (float value : Initializer.seeded(1).uniform(0.5, 1000).toFloatArray()) {
      assertThat(value).isBetween(-0.5f, 0.5f);
    }
  }

  @Test
  void onesAndZerosAreThat() {
    assertThat(Initializer.seeded(1).ones(3).toFloatArray()).containsExactly(1, 1, 1);
    assertThat(Initializer.seeded(1).zeros(2, 1).toFloatArray()).containsExactly(0, 0);
  }
}
