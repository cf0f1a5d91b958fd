package dev.heed.kernels.x86;

/// When a jump is taken; the number is the encoding's.
enum Condition {
  BELOW(2),
  NOT_BELOW(3),
  ZERO(4),
  NOT_ZERO(5),
  NOT_ABOVE(6),
  ABOVE(7),
  NEGATIVE(8),
  NOT_NEGATIVE(9),
  LESS(12),
  NOT_LESS(13),
  NOT_GREATER(14),
  GREATER(15);

  final int code;

  Condition(int code) {
    this.code = code;
  }
}
