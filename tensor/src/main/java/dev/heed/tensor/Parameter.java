package dev.heed.tensor;

/// A tensor that training changes. It lives outside any step's memory and requires a gradient until
/// it is frozen.
public final class Parameter extends Tensor {
  private Parameter(Tensor value) {
    super(value.shape(), value.dtype(), value.memory(), null);
    requireGradient(true);
  }

  /// A parameter that starts with a copy of `value`.
  public static Parameter of(Tensor value) {
    return new Parameter(value.copy());
  }

  /// A parameter over the memory of `value`, such as a mapped file; training it would write there.
  public static Parameter over(Tensor value) {
    return new Parameter(value);
  }

  /// Whether training leaves this as it is.
  public boolean isFrozen() {
    return !requiresGradient();
  }

  /// Changes the type of the elements, in place; the gradient is forgotten.
  public void convertTo(DType type) {
    convert(type);
  }

  /// Leaves this as it is from now on, or lets training change it again.
  public void setFrozen(boolean frozen) {
    requireGradient(!frozen);
    if (frozen) {
      clearGradient();
    }
  }
}
