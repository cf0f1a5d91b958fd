package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {
  @Test
  void constantStays() {
    assertThat(LearningRateSchedule.constant(0.3).at(1)).isEqualTo(0.3);
    assertThat(LearningRateSchedule.constant(0.3).at(1_000_000)).isEqualTo(0.3);
  }

  @Test
  void linearGrowsToItsPeakAndFalls() {
    LearningRateSchedule schedule = LearningRateSchedule.linear(1, 10, 110, 0.5);
    assertThat(schedule.at(1)).isCloseTo(0.1, within(1e-12));
    assertThat(schedule.at(10)).isCloseTo(1, within(1e-12));
    assertThat(schedule.at(60)).isCloseTo(0.75, within(1e-12));
    assertThat(schedule.at(110)).isCloseTo(0.5, within(1e-12));
    assertThat(schedule.at(200)).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void cosineGrowsToItsPeakAndFalls() {
    LearningRateSchedule schedule = LearningRateSchedule.cosine(1, 10, 110, 0.2);
    assertThat(schedule.at(5)).isCloseTo(0.5, within(1e-12));
    assertThat(schedule.at(10)).isCloseTo(1, within(1e-12));
    assertThat(schedule.at(35)).isCloseTo(0.2 + 0.4 * (1 + Math.sqrt(0.5)), within(1e-12));
    assertThat(schedule.at(60)).isCloseTo(0.6, within(1e-12));
    assertThat(schedule.at(110)).isCloseTo(0.2, within(1e-12));
    assertThat(schedule.at(111)).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void withoutWarmupTheyStartNearTheirPeak() {
    assertThat(LearningRateSchedule.linear(1, 0, 10, 0).at(1)).isCloseTo(0.9, within(1e-12));
    assertThat(LearningRateSchedule.cosine(1, 0, 0, 0.5).at(1)).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void inverseSquareRootIsThePapers() {
    LearningRateSchedule schedule = LearningRateSchedule.inverseSquareRoot(1, 512, 4_000);
    double peak = Math.pow(512, -0.5) * Math.pow(4_000, -0.5);
    assertThat(peak).isCloseTo(6.99e-4, within(1e-6));
    assertThat(schedule.at(1)).isCloseTo(peak / 4_000, within(1e-15));
    assertThat(schedule.at(2_000)).isCloseTo(peak / 2, within(1e-15));
    assertThat(schedule.at(4_000)).isCloseTo(peak, within(1e-15));
    assertThat(schedule.at(16_000)).isCloseTo(peak / 2, within(1e-15));
    assertThat(LearningRateSchedule.inverseSquareRoot(2, 512, 4_000).at(7))
        .isCloseTo(2 * schedule.at(7), within(1e-15));
  }

  @Test
  void refuseWarmupsThatDoNotFit() {
    assertThatThrownBy(() -> LearningRateSchedule.cosine(1, 20, 10, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("warmup must be between 0 and steps: received warmup=20, steps=10");
    assertThatThrownBy(() -> LearningRateSchedule.inverseSquareRoot(1, 512, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("warmup must be 1 or more: received 0");
  }
}
