package dev.heed.tensor;

/// The type of a tensor's elements.
public enum DType {
  /// 32-bit floating point: the default for everything.
  F32(4),
  /// 16-bit brain floating point: the upper half of an [#F32], rounded to nearest even.
  BF16(2),
  /// 32-bit signed integers: token ids.
  I32(4),
  /// 64-bit floating point: computed by the reference kernels only, for finite differences.
  F64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one element in bytes.
  public int bytes() {
    return bytes;
  }

  /// Whether gradients can flow through this type.
  public boolean isFloating() {
    return this != I32;
  }
}
