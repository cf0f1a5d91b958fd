package dev.heed.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("levels")
class FunctionsTest {
  private static final int COUNT = 40_000;

  private final Level level;

  FunctionsTest(Level level) {
    this.level = level;
  }

  static List<Level> levels() {
    return Levels.available();
  }

  private float[] apply(BiConsumer<VectorCode, Vec> function, float[] x) {
    MapCode code = new MapCode("function", 1, 1, 0);
    Kernel kernel =
        new KernelCache(level)
            .get(
                code,
                l ->
                    code.emit(
                        l,
                        (c, in, s) -> {
                          function.accept(c, in[0]);
                          return List.of(in[0]);
                        }));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
      Arguments arguments =
          new Arguments(arena)
              .set(MapCode.ROWS, 1)
              .set(MapCode.COLUMNS, x.length)
              .set(MapCode.ARRAY, memory.address())
              .set(MapCode.ARRAY + 2, memory.address());
      kernel.call(arguments.address());
      return memory.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /// The largest error over `from`…`to` in units in the last place of the exact result, where
  /// results are normal numbers.
  private double worstUlps(
      BiConsumer<VectorCode, Vec> function, DoubleUnaryOperator exact, double from, double to) {
    float[] x = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      x[i] = (float) (from + (to - from) * i / (COUNT - 1));
    }
    float[] y = apply(function, x);
    double worst = 0;
    for (int i = 0; i < COUNT; i++) {
      double expected = exact.applyAsDouble(x[i]);
      if (Math.abs(expected) >= Float.MIN_NORMAL) {
        worst = Math.max(worst, Math.abs(y[i] - expected) / Math.ulp((float) expected));
      }
    }
    return worst;
  }

  /// erf by its Taylor series, or by its continued fraction beyond 2.5, in double precision.
  static double erf(double x) {
    double a = Math.abs(x);
    if (a > 2.5) {
      double fraction = 0;
      for (int i = 120; i > 0; i--) {
        fraction = i / 2.0 / (a + fraction);
      }
      double rest = Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
      return Math.copySign(1 - rest, x);
    }
    double sum = 0;
    double term = a;
    for (int i = 0; i < 80; i++) {
      sum += term / (2 * i + 1);
      term *= -a * a / (i + 1);
    }
    return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
  }

  @Test
  void expIsWithinTwoUlps() {
    assertThat(worstUlps(Functions::exp, Math::exp, -87, 88.7)).isLessThan(1.5);
    assertThat(worstUlps(Functions::exp, Math::exp, -0.5, 0.5)).isLessThan(1.5);
    assertThat(worstUlps(Functions::expOrZero, Math::exp, -87, 0)).isLessThan(1.5);
  }

  @Test
  void expIsRightAtItsEnds() {
    float inf = Float.POSITIVE_INFINITY;
    float[] x = {inf, -inf, Float.NaN, 88.8f, 1000, -104, -1000, 0, -0f, -95, 88.72f};
    assertThat(apply(Functions::exp, x))
        .containsExactly(
            inf,
            0,
            Float.NaN,
            inf,
            inf,
            0,
            0,
            1,
            1,
            (float) Math.exp(-95),
            apply(Functions::exp, new float[] {88.72f})[0]);
    assertThat(apply(Functions::exp, new float[] {88.72f})[0]).isFinite();
    assertThat(apply(Functions::expOrZero, new float[] {-inf, -88, 0, -1e30f}))
        .containsExactly(0, 0, 1, 0);
    assertThat(apply(Functions::expOrZero, new float[] {Float.NaN})[0]).isNaN();
  }

  @Test
  void logIsWithinTwoUlps() {
    assertThat(worstUlps(Functions::log, Math::log, 1e-3, 0.9)).isLessThan(2);
    assertThat(worstUlps(Functions::log, Math::log, 0.9, 1.1)).isLessThan(2);
    assertThat(worstUlps(Functions::log, Math::log, 1.1, 1e6)).isLessThan(2);
    float inf = Float.POSITIVE_INFINITY;
    assertThat(apply(Functions::log, new float[] {1, 0, inf, -1, Float.NaN}))
        .containsExactly(0, -inf, inf, Float.NaN, Float.NaN);
  }

  @Test
  void tanhIsWithinTwoUlps() {
    assertThat(worstUlps(Functions::tanh, Math::tanh, -12, 12)).isLessThan(2);
    assertThat(worstUlps(Functions::tanh, Math::tanh, -0.7, 0.7)).isLessThan(2);
    float inf = Float.POSITIVE_INFINITY;
    assertThat(apply(Functions::tanh, new float[] {inf, -inf, Float.NaN, 0}))
        .containsExactly(1, -1, Float.NaN, 0);
  }

  @Test
  void erfIsWithinTwoUlps() {
    assertThat(worstUlps(Functions::erf, FunctionsTest::erf, -6, 6)).isLessThan(2);
    assertThat(worstUlps(Functions::erf, FunctionsTest::erf, -1.1, 1.1)).isLessThan(2);
    float inf = Float.POSITIVE_INFINITY;
    assertThat(apply(Functions::erf, new float[] {inf, -inf, Float.NaN, 0}))
        .containsExactly(1, -1, Float.NaN, 0);
  }

  @Test
  void theNormalDistributionKeepsItsTail() {
    DoubleUnaryOperator exact = x -> 0.5 * (1 + erf(x / Math.sqrt(2)));
    assertThat(worstUlps(Functions::normalDistribution, exact, -1, 6)).isLessThan(4);
    float tail = apply(Functions::normalDistribution, new float[] {-5})[0];
    assertThat(tail / 2.866515718791946e-7).isBetween(0.999, 1.001);
  }
}
