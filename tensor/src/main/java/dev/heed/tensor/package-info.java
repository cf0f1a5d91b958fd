/// Tensors over off-heap memory, reverse-mode automatic differentiation, and the [Kernels] that
/// compute.
@NullMarked
package dev.heed.tensor;

import org.jspecify.annotations.NullMarked;
