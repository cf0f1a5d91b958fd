package dev.heed.kernels.vector;

import dev.heed.tensor.Activation;
import java.lang.foreign.MemorySegment;
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
    int count = end - from;
    for (int row = firstRow; row < endRow; row++) {
      // A row at a time, so that it is in the first-level cache for every step.
      long at = 4 * ((long) row * width + from);
      if (bias != null) {
        Elementwise.add(c, at, bias, 4L * from, 1, c, at, count);
      }
      if (before != null) {
        MemorySegment.copy(c, at, before, at, 4L * count);
      }
      if (activation != Activation.NONE) {
        Activations.value(activation, c, at, c, at, count);
      }
      if (residual != null) {
        Elementwise.add(c, at, residual, at, 1, c, at, count);
      }
    }
  }
}
