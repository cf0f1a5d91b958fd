package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Emits exp, log, tanh, erf and their like over vectors of floats, in place, without a library.
///
/// Each is a polynomial after a reduction of the range. The coefficients minimise the largest
/// relative error (Remez exchange in 40 digits, then rounded to float): at most 4e-9 before the
/// rounding of the arithmetic itself, which leaves exp and log within 1 ulp, the others within 2.
final class Functions {
  /// (eʳ − 1 − r) / r² on ±ln 2 / 2, ascending powers of r.
  private static final float[] EXP = {
    0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558f2p-5f, 0x1.1239e2p-7f, 0x1.6a2438p-10f
  };

  /// (ln(1 + f) − f + f²/2) / f³ for 1 + f in √½…√2, ascending powers of f.
  private static final float[] LOG = {
    0x1.555554p-2f, -0x1.000226p-2f, 0x1.99a008p-3f, -0x1.547244p-3f,
    0x1.22da18p-3f, -0x1.0d853cp-3f, 0x1.055b82p-3f, -0x1.38b5d4p-4f
  };

  /// (tanh x − x) / x³ for |x| ≤ 0.625, ascending powers of x².
  private static final float[] TANH = {
    -0x1.555532p-2f, 0x1.110726p-3f, -0x1.b83c5ap-5f, 0x1.522696p-6f, -0x1.75e1bap-8f
  };

  /// erf x / x − 1 for |x| ≤ 1, ascending powers of x².
  private static final float[] ERF = {
    0x1.06eba8p-3f,
    -0x1.81273ep-2f,
    0x1.ce2cf8p-4f,
    -0x1.b7f90ep-6f,
    0x1.5405b2p-8f,
    -0x1.a3f6fep-11f,
    0x1.496a2ep-14f
  };

  /// −ln(1 − erf x) / x for x ≥ 0.95, ascending powers of x.
  private static final float[] ERFC = {
    0x1.20f074p+0f,
    0x1.4527aap-1f,
    0x1.b3b4d2p-4f,
    -0x1.873d40p-6f,
    0x1.e4aa2ep-9f,
    -0x1.60adde0p-12f,
    0x1.a6176ap-17f
  };

  private static final int SIGN = 0x80000000;
  private static final int NOT_SIGN = 0x7FFFFFFF;

  private Functions() {}

  /// `x = eˣ`: +∞ from 88.73 on, 0 from −104 on, NaN for NaN.
  static void exp(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec bound = code.constantVec(-104);
      // The operand that min and max return for NaN is the second.
      code.max(x, bound, x);
      code.broadcastConstant(bound, 89);
      code.min(x, bound, x);
      power(code, x);
    }
  }

  /// `x = eˣ`, but 0 already from −87.3 on: no denormal number arises, whose arithmetic is slow.
  /// Lanes with −∞ thus cost no more than others.
  static void expOrZero(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec bound = code.constantVec(89);
      Vec original = code.vec();
      code.move(original, x);
      code.min(x, bound, x);
      code.broadcastConstant(bound, -87.3f);
      code.max(x, bound, x);
      power(code, x);
      Vec zero = code.zero();
      code.select(x, VectorCode.NOT_GREATER, original, bound, zero, x);
    }
  }

  /// `x = eˣ` for x in −104…89: x = n·ln 2 + r.
  private static void power(VectorCode code, Vec x) {
    Vec n = code.vec();
    Vec p = code.vec();
    code.mul(n, x, code.constant(0x1.715476p0f));
    code.round(n, n);
    // ln 2 in two parts, the first with few bits: n times it is exact.
    code.subProduct(x, n, code.constant(0x1.62e4p-1f));
    code.subProduct(x, n, code.constant(0x1.7f7d1cp-20f));
    polynomial(code, p, x, EXP);
    code.mulAdd(p, x, code.constant(1));
    code.mulAdd(p, x, code.constant(1));
    code.scaleByPowerOfTwo(x, p, n);
    code.free(n, p);
  }

  /// `to = coefficients[0] + coefficients[1]·x + …`.
  private static void polynomial(VectorCode code, Vec to, Vec x, float[] coefficients) {
    int last = coefficients.length - 1;
    code.broadcastConstant(to, coefficients[last]);
    for (int i = last - 1; i >= 0; i--) {
      code.mulAdd(to, x, code.constant(coefficients[i]));
    }
  }

  /// `x = ln x` for positive normal x and +∞; NaN below zero and for NaN, −∞ for zero.
  static void log(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec original = code.vec();
      Vec e = code.vec();
      Vec p = code.vec();
      Vec square = code.vec();
      code.move(original, x);
      // The exponent such that the mantissa lies in √½…√2.
      Vec offset = code.vec();
      code.asm.emit(VBROADCASTSS, offset, code.pooled(0x3F3504F3));
      code.asm.emit(VPSUBD, e, x, offset);
      code.asm.emitImmediate(VPSRAD, 23, e, e);
      code.asm.emitImmediate(VPSLLD, 23, p, e);
      code.asm.emit(VPSUBD, x, x, p);
      code.asm.emit(VCVTDQ2PS, e, e);
      code.sub(x, x, code.constant(1));
      polynomial(code, p, x, LOG);
      code.mul(square, x, x);
      code.mul(p, p, x);
      // ln = e·ln2 + f − f²/2 + f³·p, the small terms first.
      code.mul(p, p, square);
      code.addProduct(p, e, code.constant(-0x1.05c610p-29f));
      code.subProduct(p, square, code.constant(0.5f));
      code.add(x, x, p);
      code.addProduct(x, e, code.constant(0x1.62e430p-1f));
      Vec special = code.constantVec(Float.POSITIVE_INFINITY);
      code.select(x, VectorCode.EQUAL, original, special, special, x);
      code.broadcastConstant(special, Float.NEGATIVE_INFINITY);
      code.clear(p);
      code.select(x, VectorCode.EQUAL, original, p, special, x);
      code.broadcastConstant(special, Float.NaN);
      code.select(x, VectorCode.LESS, original, p, special, x);
      // original + x is NaN where the argument was; elsewhere x stays.
      code.select(x, UNORDERED, original, original, original, x);
    }
  }

  private static final int UNORDERED = 0x03;

  /// `x = tanh x`.
  static void tanh(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec absolute = code.vec();
      Vec large = code.vec();
      Vec small = code.vec();
      Vec square = code.vec();
      code.and(absolute, x, code.constantBits(NOT_SIGN));
      code.add(large, absolute, absolute);
      exp(code, large);
      code.add(large, large, code.constant(1));
      code.broadcastConstant(small, -2);
      code.div(large, small, large);
      code.add(large, large, code.constant(1));
      code.and(small, x, code.constantBits(SIGN));
      code.or(large, large, small);
      code.mul(square, x, x);
      polynomial(code, small, square, TANH);
      code.mul(small, small, square);
      code.mulAdd(small, x, x);
      code.select(x, VectorCode.LESS, absolute, code.constant(0.625f), small, large);
    }
  }

  /// `x = erf x`.
  static void erf(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec absolute = code.vec();
      code.and(absolute, x, code.constantBits(NOT_SIGN));
      Vec rest = complement(code, absolute);
      Vec one = code.constantVec(1);
      code.sub(rest, one, rest);
      code.and(one, x, code.constantBits(SIGN));
      code.or(rest, rest, one);
      code.free(one);
      Vec small = code.vec();
      Vec square = code.vec();
      code.mul(square, x, x);
      polynomial(code, small, square, ERF);
      code.mulAdd(small, x, x);
      code.select(x, VectorCode.LESS, absolute, code.constant(1), small, rest);
    }
  }

  /// `x = Φ(x)`, the normal distribution: ½ + ½ erf(x/√2), without cancellation below zero.
  static void normalDistribution(VectorCode code, Vec x) {
    try (var _ = code.scope()) {
      Vec absolute = code.vec();
      code.mul(x, x, code.constant(0x1.6a09e6p-1f));
      code.and(absolute, x, code.constantBits(NOT_SIGN));
      Vec rest = complement(code, absolute);
      Vec small = code.vec();
      Vec square = code.vec();
      code.mul(rest, rest, code.constant(0.5f));
      code.broadcastConstant(small, 1);
      code.sub(small, small, rest);
      code.clear(square);
      code.select(rest, VectorCode.LESS, x, square, rest, small);
      code.mul(square, x, x);
      polynomial(code, small, square, ERF);
      code.mulAdd(small, x, x);
      code.mul(small, small, code.constant(0.5f));
      code.add(small, small, code.constant(0.5f));
      code.select(x, VectorCode.LESS, absolute, code.constant(1), small, rest);
    }
  }

  /// A new register with 1 − erf of `absolute`, which is positive; good from 0.95 on.
  private static Vec complement(VectorCode code, Vec absolute) {
    Vec clamped = code.constantVec(10);
    Vec rest = code.vec();
    code.min(clamped, clamped, absolute);
    polynomial(code, rest, clamped, ERFC);
    code.mul(rest, rest, clamped);
    code.xor(rest, rest, code.constantBits(SIGN));
    expOrZero(code, rest);
    code.free(clamped);
    return rest;
  }

  /// `x = 1 / (1 + e⁻ˣ)`.
  static void sigmoid(VectorCode code, Vec x) {
    code.xor(x, x, code.constantBits(SIGN));
    expOrZero(code, x);
    code.add(x, x, code.constant(1));
    Vec one = code.constantVec(1);
    code.div(x, one, x);
    code.free(one);
  }
}
