package dev.heed.tensor;

/// The activation functions and their slopes in double precision.
final class ReferenceActivations {
  private static final double SQRT_2_OVER_PI = StrictMath.sqrt(2 / Math.PI);
  private static final double TANH_CUBIC = 0.044715;

  private ReferenceActivations() {}

  static double value(Activation activation, double x) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> x > 0 || Double.isNaN(x) ? x : 0;
      case GELU -> x * normal(x);
      case GELU_TANH -> 0.5 * x * (1 + StrictMath.tanh(inner(x)));
      case SILU -> x * sigmoid(x);
      case TANH -> StrictMath.tanh(x);
      case SIGMOID -> sigmoid(x);
    };
  }

  static double slope(Activation activation, double x) {
    return switch (activation) {
      case NONE -> 1;
      case RELU -> x > 0 || Double.isNaN(x) ? 1 : 0;
      case GELU -> normal(x) + x * StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
      case GELU_TANH -> {
        double tanh = StrictMath.tanh(inner(x));
        double innerSlope = SQRT_2_OVER_PI * (1 + 3 * TANH_CUBIC * x * x);
        yield 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * innerSlope;
      }
      case SILU -> {
        double sigmoid = sigmoid(x);
        yield sigmoid * (1 + x * (1 - sigmoid));
      }
      case TANH -> {
        double tanh = StrictMath.tanh(x);
        yield 1 - tanh * tanh;
      }
      case SIGMOID -> sigmoid(x) * (1 - sigmoid(x));
    };
  }

  private static double inner(double x) {
    return SQRT_2_OVER_PI * (x + TANH_CUBIC * x * x * x);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }

  /// Φ(x), the share of a normal distribution below x.
  private static double normal(double x) {
    return 0.5 * (1 + erf(x / StrictMath.sqrt(2)));
  }

  /// The error function, to about 1e-15: its Taylor series near zero, a continued fraction beyond.
  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude < 2.5) {
      double term = x;
      double sum = x;
      for (int n = 1; n < 80 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / StrictMath.sqrt(Math.PI) * sum;
    }
    if (Double.isNaN(x) || magnitude > 6) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    double fraction = 0;
    for (int n = 60; n >= 1; n--) {
      fraction = n / 2.0 / (magnitude + fraction);
    }
    double complement = StrictMath.exp(-x * x) / StrictMath.sqrt(Math.PI) / (magnitude + fraction);
    return Math.signum(x) * (1 - complement);
  }
}
