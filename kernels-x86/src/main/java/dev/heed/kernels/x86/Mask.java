package dev.heed.kernels.x86;

/// An opmask register of AVX-512, `k0`…`k7`. As a predicate `k0` means "all lanes".
record Mask(int number) implements Operand {
  Mask {
    if (number < 0 || number > 7) {
      throw new IllegalArgumentException("an opmask register is 0…7: received " + number);
    }
  }
}
