package dev.heed.weights;

/// How numbers lie in a checkpoint file, little-endian.
///
/// Quantised types store blocks: some tens of small integers with the scale that they share, so a
/// row's width must be a whole number of blocks. Source: ggml's block formats; their names are
/// ggml's.
public enum StoredType {
  /// 64-bit floating point.
  F64(1, 8),
  /// 32-bit floating point.
  F32(1, 4),
  /// IEEE 754 16-bit floating point.
  F16(1, 2),
  /// The upper 16 bits of a 32-bit floating point number.
  BF16(1, 2),
  /// 64-bit signed integers.
  I64(1, 8),
  /// 32-bit signed integers.
  I32(1, 4),
  /// 16-bit signed integers.
  I16(1, 2),
  /// 8-bit signed integers.
  I8(1, 1),
  /// 8-bit unsigned integers.
  U8(1, 1),
  /// One byte each: 0 is false, anything else true.
  BOOL(1, 1),
  /// 4 bits around 0, a scale for 32: 4.5 bits a weight.
  Q4_0(32, 18),
  /// 4 bits above a minimum, a scale and a minimum for 32: 5 bits a weight.
  Q4_1(32, 20),
  /// 5 bits around 0, a scale for 32: 5.5 bits a weight.
  Q5_0(32, 22),
  /// 5 bits above a minimum, a scale and a minimum for 32: 6 bits a weight.
  Q5_1(32, 24),
  /// 8 bits around 0, a scale for 32: 8.5 bits a weight.
  Q8_0(32, 34),
  /// 4 bits above a minimum, 6-bit scales and minima for 32, which share two scales for 256: 4.5
  /// bits a weight.
  Q4_K(256, 144),
  /// As [#Q4_K] with 5 bits: 5.5 bits a weight.
  Q5_K(256, 176),
  /// 6 bits around 0, 8-bit scales for 16, which share one scale for 256: 6.5625 bits a weight.
  Q6_K(256, 210);

  private final int blockElements;
  private final int blockBytes;

  StoredType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /// The number of elements in a block: 1 for types that are not quantised.
  public int blockElements() {
    return blockElements;
  }

  /// The size of a block in bytes: that of an element for types that are not quantised.
  public int blockBytes() {
    return blockBytes;
  }

  /// Whether elements share scales.
  public boolean isQuantized() {
    return blockElements > 1;
  }

  /// The size in bytes of this many elements.
  ///
  /// @throws IllegalArgumentException when they are no whole number of blocks
  /// @throws ArithmeticException when that is more than a `long` holds
  public long bytes(long elements) {
    if (elements % blockElements != 0) {
      throw new IllegalArgumentException(
          this + " stores blocks of " + blockElements + " elements: received " + elements);
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }
}
