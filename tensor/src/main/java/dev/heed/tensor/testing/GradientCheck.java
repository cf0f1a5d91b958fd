package dev.heed.tensor.testing;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Supplier;

/// Compares the gradients that [Tensor#backward] brings with finite differences, in F64.
///
/// The output is reduced to one number by random weights, so that errors of several elements do not
/// cancel out as they may in a plain sum (that of a softmax is always 1).
public final class GradientCheck {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-7;
  private static final int MOST_ELEMENTS = 200;
  private static final long WEIGHTS = CounterRandom.key(1, 0, 0);
  private static final long CHOICE = CounterRandom.key(2, 0, 0);

  private GradientCheck() {}

  /// An input for [#check]: normally distributed, F64, requiring a gradient.
  public static Tensor input(long seed, int... shape) {
    long key = CounterRandom.key(seed, 0, 0);
    double[] elements = new double[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = CounterRandom.normal(key, i);
    }
    return Tensor.of(elements, shape).requireGradient(true);
  }

  /// The gradient of `tensor`.
  ///
  /// @throws AssertionError if it has none
  public static Tensor gradientOf(Tensor tensor) {
    Tensor gradient = tensor.gradient();
    if (gradient == null) {
      throw new AssertionError("expected a gradient of " + tensor + ", received none");
    }
    return gradient;
  }

  /// Holds the gradients of `function` with respect to `inputs` against finite differences: of each
  /// element, or of 200 chosen ones where an input has more.
  ///
  /// @param function computes a tensor of any shape from the inputs; called once for the gradients
  ///   and twice an element
  /// @param inputs F64 and requiring a gradient
  /// @throws AssertionError naming the first element whose gradient differs
  /// @throws IllegalArgumentException if an input is not F64 or requires no gradient
  public static void check(Supplier<Tensor> function, Tensor... inputs) {
    for (Tensor input : inputs) {
      if (input.dtype() != DType.F64 || !input.requiresGradient()) {
        throw new IllegalArgumentException(
            "a gradient check needs F64 inputs that require a gradient: received " + input);
      }
      input.clearGradient();
    }
    Tensor out = function.get();
    out.backward(weightsLike(out));
    for (int i = 0; i < inputs.length; i++) {
      Tensor gradient = inputs[i].gradient();
      Tensor computed = gradient == null ? Tensor.zeros(inputs[i].shape(), DType.F64) : gradient;
      check(function, i, inputs[i], computed);
    }
  }

  private static void check(Supplier<Tensor> function, int index, Tensor input, Tensor computed) {
    int elements = Math.toIntExact(input.elements());
    int[] chosen = CounterRandom.permutation(elements, CHOICE);
    for (int element : Arrays.copyOf(chosen, Math.min(elements, MOST_ELEMENTS))) {
      double before = input.memory().getAtIndex(ValueLayout.JAVA_DOUBLE, element);
      double above = valueAt(function, input, element, before + STEP);
      double below = valueAt(function, input, element, before - STEP);
      input.memory().setAtIndex(ValueLayout.JAVA_DOUBLE, element, before);
      double expected = (above - below) / (2 * STEP);
      double received = computed.memory().getAtIndex(ValueLayout.JAVA_DOUBLE, element);
      // Written so that NaN fails.
      if (!(Math.abs(received - expected) <= TOLERANCE * (1 + Math.abs(expected)))) {
        throw new AssertionError(
            "gradient of input %d (%s) at element %d: expected %s by finite difference, received %s"
                .formatted(index, input, element, expected, received));
      }
    }
  }

  private static double valueAt(
      Supplier<Tensor> function, Tensor input, int element, double value) {
    input.memory().setAtIndex(ValueLayout.JAVA_DOUBLE, element, value);
    Tensor out = Tensor.noGrad(function);
    double[] elements = out.toDoubleArray();
    double sum = 0;
    for (int i = 0; i < elements.length; i++) {
      sum += weight(i) * elements[i];
    }
    return sum;
  }

  private static Tensor weightsLike(Tensor out) {
    double[] weights = new double[Math.toIntExact(out.elements())];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weight(i);
    }
    return Tensor.of(weights, out.shape().dimensions());
  }

  private static double weight(int index) {
    return 2 * CounterRandom.uniform(WEIGHTS, index) - 1;
  }
}
