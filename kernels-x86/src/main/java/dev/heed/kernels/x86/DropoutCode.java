package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Dropout by the hash of [dev.heed.tensor.CounterRandom]: the same bits, a vector at a time.
final class DropoutCode {
  /// Slots of the argument block; all rows are contiguous.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int X = 2;
  static final int OUT = 3;

  /// The key of each row, I32.
  static final int KEYS = 4;

  /// The threshold less 1, I32.
  static final int BOUND = 5;

  /// What kept elements are multiplied by, a float.
  static final int SCALE = 6;

  private static final int COLUMN_STEP = 0x9E3779B9;

  private DropoutCode() {}

  static byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Gpr out = code.argument(OUT);
    Gpr keys = code.argument(KEYS);
    Gpr width = code.gpr();
    asm.mov(width, columns);
    asm.shl(width, 2);
    Vec bound = code.floatArgument(BOUND);
    Vec scale = code.floatArgument(SCALE);
    Vec columnHashes = columnHashes(code);
    Vec counter = code.vec();
    Vec value = code.vec();
    code.countDown(
        rows,
        () -> {
          code.broadcast(counter, Address.at(keys));
          asm.emit(VPADDD, counter, counter, columnHashes);
          code.forVectors(
              columns,
              1,
              i -> {
                code.load(value, code.at(x, 0));
                code.mul(value, value, scale);
                keep(code, value, counter, bound);
                code.store(code.at(out, 0), value);
                advance(code, counter);
              });
          asm.add(x, width);
          asm.add(out, width);
          asm.add(keys, 4);
        });
    return code.finish();
  }

  /// A new register with what columns 0, 1, … add to a row's key.
  static Vec columnHashes(VectorCode code) {
    Vec hashes = code.vec();
    int[] values = new int[code.lanes];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * COLUMN_STEP;
    }
    code.loadConstants(hashes, values);
    return hashes;
  }

  /// Moves `counter` on by one vector of columns.
  static void advance(VectorCode code, Vec counter) {
    code.asm.emit(VPADDD, counter, counter, code.constantBits(code.lanes * COLUMN_STEP));
  }

  /// Zeroes the lanes of `value` whose 24 highest bits of hash are not above `bound`.
  static void keep(VectorCode code, Vec value, Vec counter, Vec bound) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec h = code.vec();
      Vec shifted = code.vec();
      asm.emitImmediate(VPSRLD, 16, shifted, counter);
      code.xor(h, counter, shifted);
      asm.emit(VPMULLD, h, h, code.constantBits(0x21F0AAAD));
      asm.emitImmediate(VPSRLD, 15, shifted, h);
      code.xor(h, h, shifted);
      asm.emit(VPMULLD, h, h, code.constantBits(0xD35A2D97));
      asm.emitImmediate(VPSRLD, 15, shifted, h);
      code.xor(h, h, shifted);
      asm.emitImmediate(VPSRLD, 8, h, h);
      code.keepWhereGreater(value, h, bound);
    }
  }
}
