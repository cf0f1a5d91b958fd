package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// exp, sigmoid, tanh and the normal distribution over vectors, without the platform's library: the
/// same bits on every machine.
///
/// Each is a polynomial after a reduction of the range. The coefficients minimise the largest
/// relative error (Remez exchange in 40 digits, then rounded to float): at most 4e-9 before the
/// rounding of the arithmetic itself.
///
/// tanh and the normal distribution leave the exp in their midst to another loop. C2 makes some 450
/// nodes of a vector operation, and once its graph has 18,000 it leaves what remains out of line
/// and boxes every vector of the loop: a loop has room for [#exp] and ten operations more, and less
/// than that if it is to bear being inlined together with another.
final class Functions {
  /// eˣ is taken for 0 below, where it is no normal number, whose arithmetic is slow.
  private static final float LOWEST = -87.3f;

  /// eˣ is taken for infinite above.
  private static final float HIGHEST = 88.37f;

  /// Adding it rounds to a whole number, which stands in the lowest bits of the sum.
  private static final float ROUND = 0x1.8p23f;

  private static final int EXPONENT_OF_ONE = 0x3F800000;
  private static final float SQRT_HALF = 0x1.6a09e6p-1f;

  private Functions() {}

  /// eˣ: +∞ from 88.37 on, 0 up to −87.3, NaN for NaN.
  static FloatVector exp(FloatVector x) {
    VectorMask<Float> infinite = x.compare(VectorOperators.GT, HIGHEST);
    return expOfNegative(x).blend(Float.POSITIVE_INFINITY, infinite);
  }

  /// [#exp] for x up to 88: what is larger is not computed right.
  static FloatVector expOfNegative(FloatVector x) {
    FloatVector shifted = x.fma(broadcast(0x1.715476p0f), broadcast(ROUND));
    FloatVector n = shifted.sub(ROUND);
    // x = n·ln 2 + r. ln 2 is in two parts, the first with few bits: n times it is exact.
    FloatVector r = n.fma(broadcast(-0x1.62e4p-1f), x);
    r = n.fma(broadcast(-0x1.7f7d1cp-20f), r);
    // (eʳ − 1 − r) / r² on ±ln 2 / 2.
    FloatVector p = r.fma(broadcast(0x1.6a2438p-10f), broadcast(0x1.1239e2p-7f));
    p = p.fma(r, broadcast(0x1.5558f2p-5f));
    p = p.fma(r, broadcast(0x1.555492p-3f));
    p = p.fma(r, broadcast(0x1.fffffcp-2f));
    p = p.fma(r, broadcast(1)).fma(r, broadcast(1));
    IntVector power =
        shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).add(EXPONENT_OF_ONE);
    return p.mul(power.reinterpretAsFloats()).blend(0, x.compare(VectorOperators.LT, LOWEST));
  }

  /// 1 / (1 + e⁻ˣ).
  static FloatVector sigmoid(FloatVector x) {
    return broadcast(1).div(exp(x.neg()).add(1));
  }

  /// tanh x.
  ///
  /// @param power e²ˣ of the magnitude of x
  static FloatVector tanh(FloatVector x, FloatVector power) {
    FloatVector large = broadcast(1).sub(broadcast(2).div(power.add(1)));
    // (tanh x − x) / x³ for |x| ≤ 0.625.
    FloatVector square = x.mul(x);
    FloatVector p = square.fma(broadcast(-0x1.75e1bap-8f), broadcast(0x1.522696p-6f));
    p = p.fma(square, broadcast(-0x1.b83c5ap-5f));
    p = p.fma(square, broadcast(0x1.110726p-3f));
    p = p.fma(square, broadcast(-0x1.555532p-2f));
    FloatVector small = p.mul(square).fma(x, x);
    FloatVector signed = large.blend(large.neg(), x.compare(VectorOperators.LT, 0));
    return signed.blend(small, square.compare(VectorOperators.LT, 0.390625f));
  }

  /// ln(1 − erf |x/√2|), where that is less than ½: the first step to [#normal].
  static FloatVector normalExponent(FloatVector x) {
    FloatVector a = x.mul(SQRT_HALF).abs();
    // ln(1 − erf a) / a for a ≥ 0.95.
    FloatVector p = a.fma(broadcast(-0x1.a6176ap-17f), broadcast(0x1.60adde0p-12f));
    p = p.fma(a, broadcast(-0x1.e4aa2ep-9f));
    p = p.fma(a, broadcast(0x1.873d40p-6f));
    p = p.fma(a, broadcast(-0x1.b3b4d2p-4f));
    p = p.fma(a, broadcast(-0x1.4527aap-1f));
    p = p.fma(a, broadcast(-0x1.20f074p+0f));
    return p.mul(a);
  }

  /// Φ(x), the normal distribution: ½ + ½ erf(x/√2), without cancellation below zero: there its
  /// relative error stays below 1e-3.
  ///
  /// @param power e to the [#normalExponent] of x
  static FloatVector normal(FloatVector x, FloatVector power) {
    FloatVector tail = power.mul(0.5f);
    FloatVector scaled = x.mul(SQRT_HALF);
    FloatVector square = scaled.mul(scaled);
    // erf x / x − 1 for |x| ≤ 1.
    FloatVector p = square.fma(broadcast(0x1.496a2ep-14f), broadcast(-0x1.a3f6fep-11f));
    p = p.fma(square, broadcast(0x1.5405b2p-8f));
    p = p.fma(square, broadcast(-0x1.b7f90ep-6f));
    p = p.fma(square, broadcast(0x1.ce2cf8p-4f));
    p = p.fma(square, broadcast(-0x1.81273ep-2f));
    p = p.fma(square, broadcast(0x1.06eba8p-3f));
    FloatVector small = p.fma(scaled, scaled).fma(broadcast(0.5f), broadcast(0.5f));
    FloatVector large = broadcast(1).sub(tail).blend(tail, x.compare(VectorOperators.LT, 0));
    return large.blend(small, square.compare(VectorOperators.LT, 1));
  }
}
