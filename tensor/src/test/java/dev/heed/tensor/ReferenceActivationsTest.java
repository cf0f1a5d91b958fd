package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReferenceActivationsTest {
  @ParameterizedTest
  @CsvSource({ // Abramowitz and Stegun, table 7.1, and more digits from the series
    "0, 0",
    "0.1, 0.1124629160182849",
    "0.5, 0.5204998778130465",
    "1, 0.8427007929497149",
    "2, 0.9953222650189527",
    "2.4, 0.9993114861033549",
    "2.5, 0.9995930479825550",
    "3, 0.9999779095030014",
    "4, 0.9999999845827421",
    "7, 1"
  })
  void errorFunctionIsRightTo15Digits(double x, double expected) {
    assertThat(ReferenceActivations.erf(x)).isCloseTo(expected, within(1e-15));
    assertThat(ReferenceActivations.erf(-x)).isCloseTo(-expected, within(1e-15));
  }

  @Test
  void errorFunctionDoesNotJumpBetweenItsTwoForms() {
    double below = ReferenceActivations.erf(Math.nextDown(2.5));
    assertThat(ReferenceActivations.erf(2.5)).isCloseTo(below, within(1e-15));
    assertThat(ReferenceActivations.erf(6)).isCloseTo(1, within(1e-15));
    assertThat(ReferenceActivations.erf(Double.NaN)).isNaN();
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void farFromZeroTheValueAndSlopeAreThoseOfTheLimit(Activation activation) {
    double above =
        switch (activation) {
          case TANH, SIGMOID -> 1;
          default -> 1000;
        };
    double below =
        switch (activation) {
          case NONE -> -1000;
          case TANH -> -1;
          default -> 0;
        };
    assertThat(ReferenceActivations.value(activation, 1000)).isCloseTo(above, within(1e-12));
    assertThat(ReferenceActivations.value(activation, -1000)).isCloseTo(below, within(1e-12));
    double slopeAbove = above == 1000 ? 1 : 0;
    double slopeBelow = below == -1000 ? 1 : 0;
    assertThat(ReferenceActivations.slope(activation, 1000)).isCloseTo(slopeAbove, within(1e-12));
    assertThat(ReferenceActivations.slope(activation, -1000)).isCloseTo(slopeBelow, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void nanStaysNaN(Activation activation) {
    assertThat(ReferenceActivations.value(activation, Double.NaN)).isNaN();
  }
}
