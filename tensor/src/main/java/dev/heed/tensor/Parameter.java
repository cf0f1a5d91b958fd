package dev.heed.tensor;

import java.lang.foreign.MemorySegment;

/// A tensor that training changes. It lives outside any step's memory and requires a gradient until
/// it is frozen.
public final class Parameter extends Tensor {
  private Parameter(Tensor value) {
    super(
        value.shape(),
        value.dtype(),
        value.hasElements() ? value.memory() : MemorySegment.NULL,
        null);
    requireGradient(true);
  }

  /// A parameter that starts with a copy of `value`, or with no elements if `value` has none.
  public static Parameter of(Tensor value) {
    return new Parameter(value.hasElements() ? value.copy() : value);
  }

  /// Whether training leaves this as it is.
  public boolean isFrozen() {
    return !requiresGradient();
  }

  /// Changes the type of the elements, in place; the gradient is forgotten.
  public void convertTo(DType type) {
    convert(type);
  }

  /// Has these elements from now on, in their own memory and type, such as a mapped file's, and is
  /// frozen. Memory that may only be read is copied when this is thawed.
  ///
  /// @throws IllegalArgumentException if the shapes differ
  public void share(Tensor elements) {
    setFrozen(true);
    adopt(elements);
  }

  /// Leaves this as it is from now on, or lets training change it again: BF16 becomes F32 then,
  /// since training adds what is too small for it.
  public void setFrozen(boolean frozen) {
    if (!frozen && hasElements()) {
      if (isFrozen() && dtype() == DType.BF16) {
        Tensor plain = StepMemory.outside(() -> Tensor.empty(shape(), DType.F32));
        Kernels.active().convert(this, plain);
        adopt(plain);
      } else if (memory().isReadOnly()) {
        adopt(copy());
      }
    }
    requireGradient(!frozen);
    if (frozen) {
      clearGradient();
    }
  }
}
