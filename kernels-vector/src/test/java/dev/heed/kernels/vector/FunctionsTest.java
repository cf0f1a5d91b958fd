package dev.heed.kernels.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class FunctionsTest {
  private static FloatVector normal(FloatVector x) {
    return Functions.normal(x, Functions.exp(Functions.normalExponent(x)));
  }

  private static FloatVector tanh(FloatVector x) {
    return Functions.tanh(x, Functions.exp(x.abs().mul(2)));
  }

  private static float at(UnaryOperator<FloatVector> function, float x) {
    return function.apply(Lanes.broadcast(x)).lane(0);
  }

  /// The largest error in units of the last place of the exact value, over `from` … `to`.
  private static double error(
      UnaryOperator<FloatVector> function, DoubleUnaryOperator exact, float from, float to) {
    double worst = 0;
    for (int i = 0; i <= 4000; i++) {
      float x = from + (to - from) * i / 4000;
      double expected = exact.applyAsDouble(x);
      double ulp = Math.ulp((float) expected);
      worst = Math.max(worst, Math.abs(at(function, x) - expected) / ulp);
    }
    return worst;
  }

  @Test
  void expIsWithinOneUnitInTheLastPlace() {
    assertThat(error(Functions::exp, StrictMath::exp, -87, 88)).isLessThan(1.2);
    assertThat(at(Functions::exp, 0)).isEqualTo(1);
  }

  @Test
  void expEndsInZeroAndInfinity() {
    assertThat(at(Functions::exp, -87.4f)).isZero();
    assertThat(at(Functions::exp, Float.NEGATIVE_INFINITY)).isZero();
    assertThat(at(Functions::exp, -1e30f)).isZero();
    assertThat(at(Functions::exp, 89)).isInfinite().isPositive();
    assertThat(at(Functions::exp, 1e30f)).isInfinite().isPositive();
    assertThat(at(Functions::exp, Float.POSITIVE_INFINITY)).isInfinite().isPositive();
    assertThat(at(Functions::exp, Float.NaN)).isNaN();
  }

  @Test
  void tanhAndSigmoidAreWithinThreeUnits() {
    assertThat(error(FunctionsTest::tanh, StrictMath::tanh, -10, 10)).isLessThan(3);
    assertThat(error(FunctionsTest::tanh, StrictMath::tanh, -0.7f, 0.7f)).isLessThan(3);
    DoubleUnaryOperator sigmoid = x -> 1 / (1 + StrictMath.exp(-x));
    assertThat(error(Functions::sigmoid, sigmoid, -80, 80)).isLessThan(3);
  }

  @Test
  void tanhEndsInOne() {
    assertThat(at(FunctionsTest::tanh, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(FunctionsTest::tanh, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(FunctionsTest::tanh, Float.NaN)).isNaN();
  }

  @Test
  void theNormalDistributionHasNoCancellationInItsTail() {
    // Φ at these points, from tables with 10 digits.
    float[] x = {-5, -3, -1, 0, 0.5f, 2};
    double[] expected = {2.8665157e-7, 1.3498980e-3, 0.1586552539, 0.5, 0.6914624613, 0.9772498681};
    for (int i = 0; i < x.length; i++) {
      double relative = at(FunctionsTest::normal, x[i]) / expected[i] - 1;
      assertThat(Math.abs(relative)).as("Φ(%s)", x[i]).isLessThan(x[i] < -1 ? 1e-3 : 3e-7);
    }
    assertThat(at(FunctionsTest::normal, Float.NaN)).isNaN();
  }

  @Test
  void sumsOverLanesAddHalvesToHalves() {
    float[] values = new float[Lanes.COUNT];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 / (1f + i);
    }
    float[] halves = values.clone();
    for (int n = values.length / 2; n > 0; n /= 2) {
      for (int i = 0; i < n; i++) {
        halves[i] += halves[i + n];
      }
    }
    FloatVector vector = FloatVector.fromArray(Lanes.FLOATS, values, 0);
    assertThat(Lanes.sum(vector)).isEqualTo(halves[0]);
    assertThat(Lanes.max(vector)).isEqualTo(1);
  }
}
