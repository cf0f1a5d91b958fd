package dev.heed.weights;

/// How numbers lie in a checkpoint file, little-endian.
public enum StoredType {
  /// 64-bit floating point.
  F64(8),
  /// 32-bit floating point.
  F32(4),
  /// IEEE 754 16-bit floating point.
  F16(2),
  /// The upper 16 bits of a 32-bit floating point number.
  BF16(2),
  /// 64-bit signed integers.
  I64(8),
  /// 32-bit signed integers.
  I32(4),
  /// 16-bit signed integers.
  I16(2),
  /// 8-bit signed integers.
  I8(1),
  /// 8-bit unsigned integers.
  U8(1),
  /// One byte each: 0 is false, anything else true.
  BOOL(1);

  private final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one element in bytes.
  public int bytes() {
    return bytes;
  }

  /// The size in bytes of this many elements.
  ///
  /// @throws ArithmeticException when that is more than a `long` holds
  public long bytes(long elements) {
    return Math.multiplyExact(elements, (long) bytes);
  }
}
