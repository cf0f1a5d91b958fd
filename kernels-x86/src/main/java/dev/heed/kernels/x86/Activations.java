package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;

/// Emits the activations and their derivatives over vectors, in place.
final class Activations {
  private static final float GELU_CUBE = 0.044715f;
  private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);
  private static final float ONE_OVER_SQRT_2_PI = (float) (1 / Math.sqrt(2 * Math.PI));

  private Activations() {}

  /// `x = activation(x)`.
  static void value(VectorCode code, Activation activation, Vec x) {
    try (var _ = code.scope()) {
      switch (activation) {
        case NONE -> {}
        case RELU -> relu(code, x);
        case GELU -> {
          Vec share = copy(code, x);
          Functions.normalDistribution(code, share);
          code.mul(x, x, share);
        }
        case GELU_TANH -> {
          Vec share = geluSigmoid(code, x);
          code.mul(x, x, share);
        }
        case SILU -> {
          Vec share = copy(code, x);
          Functions.sigmoid(code, share);
          code.mul(x, x, share);
        }
        case TANH -> Functions.tanh(code, x);
        case SIGMOID -> Functions.sigmoid(code, x);
      }
    }
  }

  /// `x = activation′(x)`.
  static void slope(VectorCode code, Activation activation, Vec x) {
    try (var _ = code.scope()) {
      switch (activation) {
        case NONE -> code.broadcastConstant(x, 1);
        case RELU -> {
          Vec zero = code.zero();
          Vec one = code.constantVec(1);
          code.select(x, VectorCode.GREATER, x, zero, one, zero);
        }
        case GELU -> {
          // Φ(x) + x·φ(x)
          Vec share = copy(code, x);
          Functions.normalDistribution(code, share);
          Vec density = code.vec();
          code.mul(density, x, x);
          code.mul(density, density, code.constant(-0.5f));
          Functions.expOrZero(code, density);
          code.mul(density, density, code.constant(ONE_OVER_SQRT_2_PI));
          code.mulAdd(x, density, share);
        }
        case GELU_TANH -> {
          // s + x·s·(1 − s)·(2u)′ where s = sigmoid(2u), u = √(2/π)·(x + 0.044715·x³)
          Vec share = geluSigmoid(code, x);
          Vec slope = code.vec();
          code.mul(slope, x, x);
          Vec factor = code.constantVec(6 * GELU_CUBE * SQRT_2_OVER_PI);
          code.mulAdd(slope, factor, code.constant(2 * SQRT_2_OVER_PI));
          code.mul(slope, slope, x);
          code.mul(slope, slope, share);
          code.broadcastConstant(factor, 1);
          code.sub(factor, factor, share);
          code.mulAdd(slope, factor, share);
          code.move(x, slope);
        }
        case SILU -> {
          // s + x·s·(1 − s)
          Vec share = copy(code, x);
          Functions.sigmoid(code, share);
          Vec rest = code.constantVec(1);
          code.sub(rest, rest, share);
          code.mul(x, x, share);
          code.mulAdd(x, rest, share);
        }
        case TANH -> {
          Functions.tanh(code, x);
          Vec one = code.constantVec(1);
          code.asm.emit(VectorOp.VFNMADD213PS, x, x, one);
        }
        case SIGMOID -> {
          Functions.sigmoid(code, x);
          Vec rest = code.constantVec(1);
          code.sub(rest, rest, x);
          code.mul(x, x, rest);
        }
      }
    }
  }

  private static void relu(VectorCode code, Vec x) {
    Vec zero = code.zero();
    // The second operand is what comes out for NaN.
    code.max(x, zero, x);
  }

  private static Vec copy(VectorCode code, Vec x) {
    Vec copy = code.vec();
    code.move(copy, x);
    return copy;
  }

  /// A new register with ½(1 + tanh u) = sigmoid(2u), u = √(2/π)·(x + 0.044715·x³).
  private static Vec geluSigmoid(VectorCode code, Vec x) {
    Vec share = code.vec();
    code.mul(share, x, x);
    Vec factor = code.constantVec(2 * GELU_CUBE * SQRT_2_OVER_PI);
    code.mulAdd(share, factor, code.constant(2 * SQRT_2_OVER_PI));
    code.free(factor);
    code.mul(share, share, x);
    Functions.sigmoid(code, share);
    return share;
  }
}
