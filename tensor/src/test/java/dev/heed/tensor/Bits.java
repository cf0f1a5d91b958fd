package dev.heed.tensor;

import java.lang.foreign.ValueLayout;

/// The exact bits of results as one number.
final class Bits {
  private static final long PRIME = 0x100000001B3L; // FNV-1a

  private Bits() {}

  static long hash(Tensor tensor) {
    return hash(0xCBF29CE484222325L, tensor);
  }

  static long hash(long start, Tensor tensor) {
    long hash = start;
    for (byte one : tensor.memory().toArray(ValueLayout.JAVA_BYTE)) {
      hash = (hash ^ (one & 0xFF)) * PRIME;
    }
    return hash;
  }

  static long hash(double... numbers) {
    long hash = 0xCBF29CE484222325L;
    for (double number : numbers) {
      hash = (hash ^ Double.doubleToRawLongBits(number)) * PRIME;
    }
    return hash;
  }
}
