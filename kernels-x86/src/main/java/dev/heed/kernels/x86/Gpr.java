package dev.heed.kernels.x86;

/// A general-purpose register of 64 bits; the order is that of the encoding.
enum Gpr implements Operand {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

  @SuppressWarnings("EnumOrdinal") // the order above is the encoding's
  int number() {
    return ordinal();
  }
}
