package dev.heed.kernels.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/// Makes inputs, and compares what a kernel computed with what the reference did.
final class Agreement {
  private Agreement() {}

  /// Numbers in −1…1.
  static Tensor random(long seed, int... shape) {
    Tensor tensor = zeros(shape);
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < tensor.elements(); i++) {
      set(tensor, i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }

  static Tensor zeros(int... shape) {
    return Tensor.zeros(Shape.of(shape), DType.F32);
  }

  static void set(Tensor tensor, long index, float value) {
    tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
  }

  /// Each element within `tolerance` of the reference's, relative to the larger of 1 and its size;
  /// NaN and infinity as they are.
  static void assertClose(Tensor actual, Tensor expected, double tolerance, String what) {
    double[] a = actual.toDoubleArray();
    double[] e = expected.toDoubleArray();
    assertThat(a).as(what).hasSameSizeAs(e);
    for (int i = 0; i < a.length; i++) {
      boolean same =
          Double.isFinite(e[i])
              ? Math.abs(a[i] - e[i]) <= tolerance * Math.max(1, Math.abs(e[i]))
              : Double.compare(a[i], e[i]) == 0;
      if (!same) {
        assertThat(a[i]).as(what + " at element " + i).isEqualTo(e[i]);
      }
    }
  }

  static void assertSameBits(Tensor actual, Tensor expected, String what) {
    assertThat(actual.memory().mismatch(expected.memory())).as(what).isEqualTo(-1);
  }
}
