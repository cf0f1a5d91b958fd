package dev.heed.kernels.x86;

/// A place in the code that jumps and addresses refer to, before or after it is set.
final class Label {
  /// The offset in the code, -1 until [Assembler#bind] sets it.
  int position = -1;
}
