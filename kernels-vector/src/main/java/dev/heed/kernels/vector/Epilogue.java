package dev.heed.kernels.vector;

import dev.heed.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// What happens to a product while it is still in the cache: out = activation(product + bias) +
/// residual.
///
/// @param bias one row, added to each row
/// @param residual as large as the product
/// @param before receives the values before the activation, as large as the product
record Epilogue(
    Activation activation,
    @Nullable MemorySegment bias,
    @Nullable MemorySegment residual,
    @Nullable MemorySegment before) {
  /// Applies it to rows `firstRow` … and columns `from` … of the product `c`, which is `width`
  /// wide.
  void apply(MemorySegment c, int width, int firstRow, int endRow, int from, int end) {
    for (int row = firstRow; row < endRow; row++) {
      apply(c, 4 * ((long) row * width + from), 4L * from, end - from);
    }
  }

  private void apply(MemorySegment c, long offset, long biasOffset, int count) {
    for (int i = 0; i < count; i += Lanes.COUNT) {
      long at = offset + 4L * i;
      int rest = count - i;
      FloatVector x = Lanes.load(c, at, rest);
      if (bias != null) {
        x = x.add(Lanes.load(bias, biasOffset + 4L * i, rest));
      }
      if (before != null) {
        Lanes.store(x, before, at, rest);
      }
      x = Activations.value(activation, x);
      if (residual != null) {
        x = x.add(Lanes.load(residual, at, rest));
      }
      Lanes.store(x, c, at, rest);
    }
  }
}
