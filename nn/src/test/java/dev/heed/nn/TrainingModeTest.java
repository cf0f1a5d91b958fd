package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingModeTest {
  @Test
  void dropoutGivesItsInputOutsideTraining() {
    Tensor x = Initializer.seeded(1).ones(3, 4);
    assertThat(TrainingMode.dropout(x, 0.5)).isSameAs(x);
    assertThat(TrainingMode.run(1, 1, () -> TrainingMode.dropout(x, 0))).isSameAs(x);
  }

  @Test
  void dropoutKeepsTheMean() {
    Tensor x = Initializer.seeded(1).ones(100, 100);
    double[] dropped = TrainingMode.run(1, 1, () -> TrainingMode.dropout(x, 0.2)).toDoubleArray();
    double sum = 0;
    for (double value : dropped) {
      assertThat(value == 0 || Math.abs(value - 1.25) < 1e-6).isTrue();
      sum += value;
    }
    assertThat(sum / dropped.length).isCloseTo(1, within(0.02));
  }

  @Test
  void whatIsDroppedFollowsFromSeedStepAndSite() {
    float[] first = twoSites(1, 1).getFirst();
    assertThat(twoSites(1, 1).getFirst()).isEqualTo(first);
    assertThat(twoSites(1, 1).getLast()).isNotEqualTo(first);
    assertThat(twoSites(1, 2).getFirst()).isNotEqualTo(first);
    assertThat(twoSites(2, 1).getFirst()).isNotEqualTo(first);
  }

  private static List<float[]> twoSites(long seed, long step) {
    Tensor x = Initializer.seeded(1).ones(8, 8);
    return TrainingMode.run(
        seed,
        step,
        () ->
            List.of(
                TrainingMode.dropout(x, 0.5).toFloatArray(),
                TrainingMode.dropout(x, 0.5).toFloatArray()));
  }

  @Test
  void endsWithItsBodyAlsoWhenThatFails() {
    assertThatThrownBy(() ->
            TrainingMode.run(
                1,
                1,
                () -> {
                  throw new IllegalArgumentException("failed");
                }))
        .hasMessage("failed");
    assertThat(TrainingMode.isOn()).isFalse();
    assertThatThrownBy(TrainingMode::nextKey)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("random sites exist only inside TrainingMode.run");
  }
}
