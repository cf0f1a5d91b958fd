package dev.heed.kernels.x86;

/// Lays arrays out one after the other, each from a cache line's start.
final class ScratchLayout {
  private static final int LINE = 64;

  private long bytes;

  /// The offset of a new array of `size` bytes.
  long add(long size) {
    long at = bytes;
    bytes += (size + LINE - 1) / LINE * LINE;
    return at;
  }

  /// The bytes of all arrays.
  long bytes() {
    return bytes;
  }
}
