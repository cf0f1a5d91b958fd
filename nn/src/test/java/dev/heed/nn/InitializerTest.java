package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class InitializerTest {
  @Test
  void givesTheSameBitsForTheSameSeed() {
    assertThat(Initializer.seeded(5).normal(1, 4, 4).toFloatArray())
        .isEqualTo(Initializer.seeded(5).normal(1, 4, 4).toFloatArray())
        .isNotEqualTo(Initializer.seeded(6).normal(1, 4, 4).toFloatArray());
  }

  @Test
  void drawsNothingBeforeLoading() {
    Initializer initializer = Initializer.beforeLoading();
    assertThat(initializer.normal(1, 9).toFloatArray()).containsOnly(0);
    assertThat(initializer.uniform(1, 9).toFloatArray()).containsOnly(0);
    assertThat(initializer.ones(3).toFloatArray()).containsOnly(1);
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
