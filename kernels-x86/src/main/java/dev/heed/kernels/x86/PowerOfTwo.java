package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Emits 2ˣ for the weights of attention: shorter than [Functions#exp], with the constants kept in
/// registers where there are enough.
///
/// x = n + f with n whole and 0 ≤ f < 1; 2ᶠ is a polynomial whose constant is 1, so that whole
/// powers are exact. Its coefficients minimise the largest relative error (Remez exchange), 9e-8.
/// Below −126 the result is 0: no denormal number arises, whose arithmetic is slow.
final class PowerOfTwo {
  /// (2ᶠ − 1) / f, ascending powers of f.
  private static final float[] COEFFICIENTS = {
    0x1.62e4bap-1f, 0x1.ebdb56p-3f, 0x1.c91ce6p-5f, 0x1.277856p-7f, 0x1.e974f8p-10f
  };

  private static final int FLOOR = 9;
  private static final int NOT_LESS_OR_EQUAL = 0x16;
  private static final Mask NORMAL = new Mask(3);

  private final VectorCode code;
  private final Operand[] coefficients = new Operand[COEFFICIENTS.length];
  private final Operand one;
  private final Operand bound;

  /// @param inRegisters whether to keep the constants in registers, of which AVX-512 needs 7
  PowerOfTwo(VectorCode code, boolean inRegisters) {
    this.code = code;
    boolean kept = inRegisters && code.level.isWide();
    for (int i = 0; i < coefficients.length; i++) {
      coefficients[i] = constant(COEFFICIENTS[i], kept);
    }
    one = constant(1, kept);
    bound = constant(code.level.isWide() ? -126 : -127, kept);
  }

  private Operand constant(float value, boolean kept) {
    return kept ? code.constantVec(value) : code.constant(value);
  }

  /// `x = 2ˣ` for x < 128 or NaN; takes two more registers while it is emitted.
  void apply(Vec x) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec fraction = code.vec();
      Vec power = code.vec();
      if (code.level.isWide()) {
        asm.emitImmediate(VREDUCEPS, FLOOR, fraction, x);
        polynomial(power, fraction);
        asm.emitImmediate(VCMPPS, NOT_LESS_OR_EQUAL, NORMAL, x, bound);
        asm.emit(VSCALEFPS, x.zeroUnder(NORMAL), power, x);
      } else {
        // Of two operands one of which is NaN, max returns the second: from here on x ≥ −127 or
        // NaN.
        // At −127 itself the exponent field and the whole number become 0.
        asm.emit(VBROADCASTSS, power, pooledBound());
        asm.emit(VMAXPS, x, power, x);
        asm.emitImmediate(VROUNDPS, FLOOR, power, x);
        asm.emit(VSUBPS, fraction, x, power);
        asm.emit(VCVTPS2DQ, x, power);
        asm.emitImmediate(VPSLLD, 23, x, x);
        polynomial(power, fraction);
        asm.emit(VPADDD, x, power, x);
      }
    }
  }

  private Address pooledBound() {
    return (Address) bound;
  }

  private void polynomial(Vec to, Vec fraction) {
    int last = coefficients.length - 1;
    load(to, coefficients[last]);
    for (int i = last - 1; i >= 0; i--) {
      code.mulAdd(to, fraction, coefficients[i]);
    }
    code.mulAdd(to, fraction, one);
  }

  private void load(Vec to, Operand constant) {
    if (constant instanceof Vec vec) {
      code.move(to, vec);
    } else {
      code.broadcastConstant(to, COEFFICIENTS[COEFFICIENTS.length - 1]);
    }
  }
}
