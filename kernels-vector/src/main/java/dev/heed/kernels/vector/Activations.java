package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.broadcast;

import dev.heed.tensor.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The activations and their derivatives over vectors.
final class Activations {
  private static final float GELU_CUBE = 0.044715f;
  private static final float SQRT_2_OVER_PI = (float) StrictMath.sqrt(2 / Math.PI);
  private static final float ONE_OVER_SQRT_2_PI = (float) (1 / StrictMath.sqrt(2 * Math.PI));

  private Activations() {}

  static FloatVector value(Activation activation, FloatVector x) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> x.blend(0, x.compare(VectorOperators.LE, 0));
      case GELU -> x.mul(Functions.normal(x));
      case GELU_TANH -> x.mul(geluSigmoid(x));
      case SILU -> x.mul(Functions.sigmoid(x));
      case TANH -> Functions.tanh(x);
      case SIGMOID -> Functions.sigmoid(x);
    };
  }

  /// The derivative at x.
  static FloatVector slope(Activation activation, FloatVector x) {
    return switch (activation) {
      case NONE -> broadcast(1);
      case RELU -> broadcast(1).blend(0, x.compare(VectorOperators.LE, 0));
      case GELU -> geluSlope(x);
      case GELU_TANH -> geluTanhSlope(x);
      case SILU -> {
        // s + x·s·(1 − s)
        FloatVector share = Functions.sigmoid(x);
        yield x.mul(share).fma(broadcast(1).sub(share), share);
      }
      case TANH -> {
        FloatVector tanh = Functions.tanh(x);
        yield tanh.neg().fma(tanh, broadcast(1));
      }
      case SIGMOID -> {
        FloatVector share = Functions.sigmoid(x);
        yield share.mul(broadcast(1).sub(share));
      }
    };
  }

  /// Φ(x) + x·φ(x).
  private static FloatVector geluSlope(FloatVector x) {
    FloatVector density = Functions.exp(x.mul(x).mul(-0.5f)).mul(ONE_OVER_SQRT_2_PI);
    return x.fma(density, Functions.normal(x));
  }

  /// s + x·s·(1 − s)·(2u)′ where s = sigmoid(2u), u = √(2/π)·(x + 0.044715·x³).
  private static FloatVector geluTanhSlope(FloatVector x) {
    FloatVector share = geluSigmoid(x);
    FloatVector slope =
        x.mul(x).fma(broadcast(6 * GELU_CUBE * SQRT_2_OVER_PI), broadcast(2 * SQRT_2_OVER_PI));
    return slope.mul(x).mul(share).fma(broadcast(1).sub(share), share);
  }

  /// ½(1 + tanh u) = sigmoid(2u), u = √(2/π)·(x + 0.044715·x³).
  private static FloatVector geluSigmoid(FloatVector x) {
    FloatVector twice =
        x.mul(x).fma(broadcast(2 * GELU_CUBE * SQRT_2_OVER_PI), broadcast(2 * SQRT_2_OVER_PI));
    return Functions.sigmoid(twice.mul(x));
  }
}
