package dev.heed.kernels.x86;

/// A tile register of AMX: up to 16 rows of 64 bytes.
///
/// @param number 0…7
record Tile(int number) implements Operand {}
