package dev.heed.kernels.x86;

/// A vector register, with the predicate under which it is written.
///
/// @param number 0…15, with AVX-512 0…31
/// @param bytes its width: 16 (`xmm`), 32 (`ymm`) or 64 (`zmm`)
/// @param mask the opmask register that chooses the lanes to write, 0 for all
/// @param zeroing whether lanes that are not written become zero (otherwise they stay)
record Vec(int number, int bytes, int mask, boolean zeroing) implements Operand {
  Vec {
    if (number < 0 || number > 31 || (bytes != 16 && bytes != 32 && bytes != 64)) {
      throw new IllegalArgumentException(
          "expected a register 0…31 of 16, 32 or 64 bytes: received " + number + ", " + bytes);
    }
  }

  static Vec xmm(int number) {
    return new Vec(number, 16, 0, false);
  }

  static Vec ymm(int number) {
    return new Vec(number, 32, 0, false);
  }

  static Vec zmm(int number) {
    return new Vec(number, 64, 0, false);
  }

  /// The same register seen with another width.
  Vec as(int width) {
    return new Vec(number, width, mask, zeroing);
  }

  /// Only the lanes of `predicate` are written; the others stay.
  Vec under(Mask predicate) {
    return new Vec(number, bytes, predicate.number(), false);
  }

  /// The lanes of `predicate` are written; the others become zero.
  Vec zeroUnder(Mask predicate) {
    return new Vec(number, bytes, predicate.number(), true);
  }
}
