package dev.heed.nn;

import dev.heed.tensor.Tensor;

/// Comparison of numbers that different arithmetic computed.
public final class Closeness {
  private Closeness() {}

  /// Each number within `relative` of the largest expected one: a sum that cancels out has the
  /// error of its addends.
  ///
  /// @throws AssertionError naming the first number that is not
  public static void requireClose(
      String what, double[] received, double[] expected, double relative) {
    if (received.length != expected.length) {
      throw new AssertionError(
          "%s: expected %d numbers, received %d".formatted(what, expected.length, received.length));
    }
    double largest = largest(expected);
    for (int i = 0; i < expected.length; i++) {
      // Written so that NaN fails.
      if (!(Math.abs(received[i] - expected[i]) <= relative * largest)) {
        throw new AssertionError(
            "%s: expected %s at %d, received %s (largest %s, relative tolerance %s)"
                .formatted(what, expected[i], i, received[i], largest, relative));
      }
    }
  }

  /// The largest absolute value, NaN if there is one.
  public static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  /// Like [#requireClose(String, double\[\], double\[\], double)], of two tensors of one shape.
  public static void requireClose(String what, Tensor received, Tensor expected, double relative) {
    if (!received.shape().equals(expected.shape())) {
      throw new AssertionError(
          "%s: expected shape %s, received %s".formatted(what, expected.shape(), received.shape()));
    }
    requireClose(what, received.toDoubleArray(), expected.toDoubleArray(), relative);
  }
}
