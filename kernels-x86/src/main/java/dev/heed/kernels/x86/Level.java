package dev.heed.kernels.x86;

import java.util.Locale;

/// What a processor can do, each level including those before it.
public enum Level {
  /// AVX2, FMA and BMI2: vectors of 256 bits.
  AVX2,
  /// AVX-512 F, DQ, BW and VL: vectors of 512 bits with masks.
  AVX512,
  /// AVX512-VNNI: dot products of bytes.
  VNNI,
  /// AVX512-BF16: dot products of bfloat16.
  AVX512BF16,
  /// AMX: products of tiles of bytes and bfloat16.
  AMX;

  /// The number of floats in a vector.
  int lanes() {
    return isWide() ? 16 : 8;
  }

  /// The number of vector registers.
  int registers() {
    return isWide() ? 32 : 16;
  }

  /// Whether vectors have 512 bits and masks.
  boolean isWide() {
    return this != AVX2;
  }

  /// The level of this name, as `-Dheed.cpu` gives it.
  ///
  /// @throws IllegalArgumentException if there is none
  static Level parse(String name) {
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new IllegalArgumentException(
          "heed.cpu must be avx2, avx512, vnni, avx512bf16 or amx: received " + name, unknown);
    }
  }
}
