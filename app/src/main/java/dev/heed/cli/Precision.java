package dev.heed.cli;

import java.util.Locale;

/// In which numbers a model computes.
enum Precision {
  /// 32-bit floating point.
  FP32,
  /// bfloat16 operands, 32-bit sums.
  BF16,
  /// 8-bit integers: quantised weights and activations.
  INT8;

  /// As the command line spells it.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
