package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// exp, tanh, the normal distribution and sigmoid over vectors, without the platform's library: the
/// same bits on every machine.
///
/// Each is a polynomial after a reduction of the range. The coefficients minimise the largest
/// relative error (Remez exchange in 40 digits, then rounded to float): at most 4e-9 before the
/// rounding of the arithmetic itself.
final class Functions {
  // (eʳ − 1 − r) / r² on ±ln 2 / 2, ascending powers of r.
  private static final float EXP_0 = 0x1.fffffcp-2f;
  private static final float EXP_1 = 0x1.555492p-3f;
  private static final float EXP_2 = 0x1.5558f2p-5f;
  private static final float EXP_3 = 0x1.1239e2p-7f;
  private static final float EXP_4 = 0x1.6a2438p-10f;

  /// Adding it rounds to a whole number, which stands in the lowest bits of the sum.
  private static final float ROUND = 0x1.8p23f;

  private Functions() {}

  /// eˣ: +∞ from 88.37 on, 0 up to −87.3 (so no denormal number arises, whose arithmetic is slow),
  /// NaN for NaN.
  static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.fma(broadcast(0x1.715476p0f), broadcast(ROUND));
    FloatVector n = shifted.sub(ROUND);
    // x = n·ln 2 + r. ln 2 is in two parts, the first with few bits: n times it is exact.
    FloatVector r = n.fma(broadcast(-0x1.62e4p-1f), x);
    r = n.fma(broadcast(-0x1.7f7d1cp-20f), r);
    FloatVector p = r.fma(broadcast(EXP_4), broadcast(EXP_3));
    p = p.fma(r, broadcast(EXP_2));
    p = p.fma(r, broadcast(EXP_1));
    p = p.fma(r, broadcast(EXP_0));
    p = p.fma(r, broadcast(1));
    p = p.fma(r, broadcast(1));
    FloatVector power =
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, 23)
            .add(0x3F800000)
            .reinterpretAsFloats();
    return p.mul(power)
        .blend(0, x.compare(VectorOperators.LT, -87.3f))
        .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, 88.37f));
  }

  /// 1 / (1 + e⁻ˣ).
  static FloatVector sigmoid(FloatVector x) {
    return broadcast(1).div(exp(x.neg()).add(1));
  }

  /// tanh x.
  static FloatVector tanh(FloatVector x) {
    FloatVector absolute = x.abs();
    FloatVector large = broadcast(1).sub(broadcast(2).div(exp(absolute.add(absolute)).add(1)));
    // (tanh x − x) / x³ for |x| ≤ 0.625, ascending powers of x².
    FloatVector square = x.mul(x);
    FloatVector p = square.fma(broadcast(-0x1.75e1bap-8f), broadcast(0x1.522696p-6f));
    p = p.fma(square, broadcast(-0x1.b83c5ap-5f));
    p = p.fma(square, broadcast(0x1.110726p-3f));
    p = p.fma(square, broadcast(-0x1.555532p-2f));
    FloatVector small = p.mul(square).fma(x, x);
    return withSign(large, x).blend(small, absolute.compare(VectorOperators.LT, 0.625f));
  }

  /// Φ(x), the normal distribution: ½ + ½ erf(x/√2), without cancellation below zero.
  static FloatVector normal(FloatVector x) {
    FloatVector scaled = x.mul(0x1.6a09e6p-1f);
    FloatVector absolute = scaled.abs();
    FloatVector rest = complement(absolute).mul(0.5f);
    FloatVector large = broadcast(1).sub(rest).blend(rest, scaled.compare(VectorOperators.LT, 0));
    // erf x / x − 1 for |x| ≤ 1, ascending powers of x².
    FloatVector square = scaled.mul(scaled);
    FloatVector p = square.fma(broadcast(0x1.496a2ep-14f), broadcast(-0x1.a3f6fep-11f));
    p = p.fma(square, broadcast(0x1.5405b2p-8f));
    p = p.fma(square, broadcast(-0x1.b7f90ep-6f));
    p = p.fma(square, broadcast(0x1.ce2cf8p-4f));
    p = p.fma(square, broadcast(-0x1.81273ep-2f));
    p = p.fma(square, broadcast(0x1.06eba8p-3f));
    FloatVector small = p.fma(scaled, scaled).fma(broadcast(0.5f), broadcast(0.5f));
    return large.blend(small, absolute.compare(VectorOperators.LT, 1));
  }

  /// 1 − erf x for x ≥ 0.95; less is not computed right.
  private static FloatVector complement(FloatVector x) {
    // −ln(1 − erf x) / x, ascending powers of x. Beyond 10 the powers would overflow.
    FloatVector clamped = x.blend(10, x.compare(VectorOperators.GT, 10));
    FloatVector p = clamped.fma(broadcast(0x1.a6176ap-17f), broadcast(-0x1.60adde0p-12f));
    p = p.fma(clamped, broadcast(0x1.e4aa2ep-9f));
    p = p.fma(clamped, broadcast(-0x1.873d40p-6f));
    p = p.fma(clamped, broadcast(0x1.b3b4d2p-4f));
    p = p.fma(clamped, broadcast(0x1.4527aap-1f));
    p = p.fma(clamped, broadcast(0x1.20f074p+0f));
    return exp(p.mul(clamped).neg());
  }

  /// `magnitude`, which is not negative, with the sign of x.
  private static FloatVector withSign(FloatVector magnitude, FloatVector x) {
    return magnitude
        .reinterpretAsInts()
        .lanewise(
            VectorOperators.OR,
            x.reinterpretAsInts().lanewise(VectorOperators.AND, Integer.MIN_VALUE))
        .reinterpretAsFloats();
  }
}
