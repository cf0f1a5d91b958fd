package dev.heed.kernels.x86;

import java.util.Locale;

/// What a processor can do. Each level includes those before it, but for [#AVXVNNI]: the levels
/// above it do not need its instructions, and many processors that have them lack it.
public enum Level {
  /// AVX2, FMA and BMI2: vectors of 256 bits.
  AVX2,
  /// AVX-VNNI: dot products of bytes in vectors of 256 bits, without AVX-512.
  AVXVNNI,
  /// AVX-512 F, DQ, BW and VL: vectors of 512 bits with masks.
  AVX512,
  /// AVX512-VNNI: dot products of bytes in vectors of 512 bits.
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
    return compareTo(AVX512) >= 0;
  }

  /// The level of this name, as `-Dheed.cpu` gives it.
  ///
  /// @throws IllegalArgumentException if there is none
  static Level parse(String name) {
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new IllegalArgumentException(
          "heed.cpu must be avx2, avxvnni, avx512, vnni, avx512bf16 or amx: received " + name,
          unknown);
    }
  }
}
