package dev.heed.kernels.x86;

import org.jspecify.annotations.Nullable;

/// A place in memory: `[base + index·scale + displacement]`, or a label relative to the code.
///
/// @param broadcast whether one element is repeated in all lanes (AVX-512)
/// @param mask the opmask register that chooses the lanes to store, 0 for all
record Address(
    @Nullable Gpr base,
    @Nullable Gpr index,
    int scale,
    int displacement,
    @Nullable Label label,
    boolean broadcast,
    int mask)
    implements Operand {
  Address {
    if (index == Gpr.RSP) {
      throw new IllegalArgumentException("rsp cannot be an index");
    }
    if (scale != 1 && scale != 2 && scale != 4 && scale != 8) {
      throw new IllegalArgumentException("scale must be 1, 2, 4 or 8: received " + scale);
    }
    if ((label == null) == (base == null)) {
      throw new IllegalArgumentException("an address has either a base or a label");
    }
  }

  static Address at(Gpr base) {
    return at(base, 0);
  }

  static Address at(Gpr base, int displacement) {
    return new Address(base, null, 1, displacement, null, false, 0);
  }

  static Address at(Gpr base, Gpr index, int scale) {
    return at(base, index, scale, 0);
  }

  static Address at(Gpr base, Gpr index, int scale, int displacement) {
    return new Address(base, index, scale, displacement, null, false, 0);
  }

  /// `displacement` bytes after `label`, reached relative to the instruction pointer.
  static Address at(Label label, int displacement) {
    return new Address(null, null, 1, displacement, label, false, 0);
  }

  /// The address `bytes` further on.
  Address plus(int bytes) {
    return new Address(base, index, scale, displacement + bytes, label, broadcast, mask);
  }

  /// One element, repeated in all lanes.
  Address broadcastOne() {
    return new Address(base, index, scale, displacement, label, true, mask);
  }

  /// Only the lanes of `predicate` are stored.
  Address under(Mask predicate) {
    return new Address(base, index, scale, displacement, label, broadcast, predicate.number());
  }
}
