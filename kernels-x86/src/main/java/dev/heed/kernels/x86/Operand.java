package dev.heed.kernels.x86;

/// What an instruction reads or writes.
sealed interface Operand permits Gpr, Vec, Mask, Tile, Address {}
