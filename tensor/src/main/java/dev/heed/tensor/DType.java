package dev.heed.tensor;

/// The type of a tensor's elements.
///
/// Quantised types are for the weights of a matrix only: they keep whole rows in panels, in the
/// order of [QuantizedLayout], and no gradient flows to them. Those that begin with Q hold the
/// numbers of ggml's block formats of the same names.
public enum DType {
  /// 32-bit floating point: the default for everything.
  F32(4),
  /// 16-bit brain floating point: the upper half of an [#F32], rounded to nearest even.
  BF16(2),
  /// 32-bit signed integers: token ids.
  I32(4),
  /// 64-bit floating point: computed by the reference kernels only, for finite differences.
  F64(8),
  /// 4 bits around 0, a scale for 32.
  Q4_0(0),
  /// 4 bits above a minimum, a scale and a minimum for 32.
  Q4_1(0),
  /// 5 bits around 0, a scale for 32.
  Q5_0(0),
  /// 5 bits above a minimum, a scale and a minimum for 32.
  Q5_1(0),
  /// 8 bits around 0, a scale for 32.
  Q8_0(0),
  /// 4 bits above a minimum, small scales and minima for 32, two large ones for 256.
  Q4_K(0),
  /// As [#Q4_K] with 5 bits.
  Q5_K(0),
  /// 6 bits around 0, small scales for 16, a large one for 256.
  Q6_K(0),
  /// 8 bits around 0, a scale for a row. No file has it: [Precision#INT8] makes it.
  I8(0);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one element in bytes.
  ///
  /// @throws IllegalStateException for quantised types
  public int bytes() {
    if (isQuantized()) {
      throw new IllegalStateException("an element of " + this + " is no whole number of bytes");
    }
    return bytes;
  }

  /// The size of a tensor in bytes.
  ///
  /// @throws IllegalArgumentException for a quantised type whose blocks do not fit the shape
  public long bytes(Shape shape) {
    return isQuantized()
        ? QuantizedLayout.of(this).bytes(shape)
        : Math.multiplyExact(shape.elements(), bytes);
  }

  /// Whether a matrix of this type can be the weight of F32 rows, and the table of F32 vectors.
  public boolean isWeightOfF32() {
    return this == F32 || this == BF16 || isQuantized();
  }

  /// Whether elements share scales.
  public boolean isQuantized() {
    return bytes == 0;
  }

  /// Whether gradients can flow through this type.
  public boolean isFloating() {
    return this != I32 && !isQuantized();
  }
}
