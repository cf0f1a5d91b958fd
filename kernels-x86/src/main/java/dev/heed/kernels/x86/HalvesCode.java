package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Rounds F32 to bfloat16, to nearest even, and brings them into pairs along k, one pair in the 32
/// bits of a float: what products of bfloat16 read.
final class HalvesCode {
  /// Slots of the argument block. Strides are in bytes.
  static final int FROM = 0;

  static final int FROM_ROW = 1;

  /// [#rows]: the rows. [#columns]: whole pairs of rows.
  static final int LENGTH = 2;

  static final int TO = 3;
  static final int TO_ROW = 4;

  /// [#rows]: groups of 32 in a row, and the two halves of the group after them, 0 and 0 if none.
  static final int GROUPS = 5;

  static final int LOW = 6;
  static final int HIGH = 7;

  /// [#columns]: whether a single row follows, how many rows of zeros then, the columns of a part,
  /// how many parts, and the distance of their destinations.
  static final int ODD = 5;

  static final int ZEROS = 6;
  static final int WIDTH = 7;
  static final int PARTS = 8;
  static final int TO_PART = 9;

  private HalvesCode() {}

  /// Rounds rows that are contiguous in k to rows of pairs, filled up with zeros to a multiple of
  /// 32. Strides are in bytes.
  static void round(
      KernelCache kernels,
      Arguments arguments,
      long from,
      long fromRow,
      int rows,
      int columns,
      long to,
      long toRow) {
    int rest = columns % 32;
    arguments
        .set(FROM, from)
        .set(FROM_ROW, fromRow)
        .set(LENGTH, rows)
        .set(TO, to)
        .set(TO_ROW, toRow)
        .set(GROUPS, columns / 32)
        .set(LOW, Math.min(16, rest))
        .set(HIGH, Math.max(0, rest - 16));
    kernels.get("halves of rows", HalvesCode::rows).call(arguments.address());
  }

  private static byte[] rows(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr rows = code.argument(LENGTH);
    Gpr to = code.argument(TO);
    Gpr low = code.argument(LOW);
    Gpr high = code.argument(HIGH);
    Gpr fromAt = code.gpr();
    Gpr toAt = code.gpr();
    Gpr groups = code.gpr();
    Vec a = code.vec();
    Vec b = code.vec();
    code.countDown(
        rows,
        () -> {
          asm.mov(fromAt, from);
          asm.mov(toAt, to);
          asm.mov(groups, VectorCode.slot(GROUPS));
          code.countDown(
              groups,
              () -> {
                asm.emit(VMOVUPS, a, Address.at(fromAt));
                asm.emit(VMOVUPS, b, Address.at(fromAt, 64));
                asm.emit(VCVTNE2PS2BF16, a, b, a);
                asm.emit(VMOVUPS_STORE, Address.at(toAt), a);
                asm.add(fromAt, 128);
                asm.add(toAt, 64);
              });
          Label end = new Label();
          asm.test(low, low);
          asm.jump(Condition.ZERO, end);
          code.mask(low);
          code.loadMasked(a, Address.at(fromAt));
          code.mask(high);
          code.loadMasked(b, Address.at(fromAt, 64));
          asm.emit(VCVTNE2PS2BF16, a, b, a);
          asm.emit(VMOVUPS_STORE, Address.at(toAt), a);
          asm.bind(end);
          asm.add(from, VectorCode.slot(FROM_ROW));
          asm.add(to, VectorCode.slot(TO_ROW));
        });
    return code.finish();
  }

  /// Rows that are steps of k: to rows of pairs, each of two rows, in parts of `WIDTH` columns.
  static byte[] columns(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr fromRow = code.argument(FROM_ROW);
    Gpr count = code.argument(LENGTH);
    Gpr to = code.argument(TO);
    Vec order = order(code);
    code.countDown(count, () -> pairs(code, from, fromRow, to, order, 2));
    asm.mov(count, VectorCode.slot(ODD));
    code.countDown(count, () -> pairs(code, from, fromRow, to, order, 1));
    asm.mov(count, VectorCode.slot(ZEROS));
    code.countDown(count, () -> pairs(code, from, fromRow, to, order, 0));
    return code.finish();
  }

  /// What [#pair] needs.
  static Vec order(VectorCode code) {
    Vec order = code.vec();
    int[] words = new int[16];
    for (int i = 0; i < 16; i++) {
      words[i] = i | (16 + i) << 16;
    }
    code.loadConstants(order, words);
    return order;
  }

  /// Sets `a` to the pairs of its lanes, rounded, and those of `b`.
  static void pair(VectorCode code, Vec a, Vec b, Vec order) {
    code.asm.emit(VCVTNE2PS2BF16, a, b, a);
    code.asm.emit(VPERMW, a, order, a);
  }

  private static void pairs(VectorCode code, Gpr from, Gpr fromRow, Gpr to, Vec order, int rows) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr fromAt = code.gpr();
      Gpr second = code.gpr();
      Gpr toAt = code.gpr();
      Gpr parts = code.argument(PARTS);
      Gpr width = code.argument(WIDTH);
      Vec a = code.zero();
      Vec b = code.zero();
      asm.mov(fromAt, from);
      asm.lea(second, Address.at(from, fromRow, 1));
      asm.mov(toAt, to);
      code.countDown(
          parts,
          () -> {
            code.forVectors(
                width,
                1,
                i -> {
                  if (rows > 0) {
                    code.load(a, code.at(fromAt, i));
                    if (rows > 1) {
                      code.load(b, code.at(second, i));
                    } else {
                      code.clear(b);
                    }
                    pair(code, a, b, order);
                  }
                  code.store(code.at(toAt, i), a);
                });
            asm.lea(fromAt, Address.at(fromAt, width, 4));
            asm.lea(second, Address.at(second, width, 4));
            asm.add(toAt, VectorCode.slot(TO_PART));
          });
      for (int i = 0; i < rows; i++) {
        asm.add(from, fromRow);
      }
      asm.add(to, VectorCode.slot(TO_ROW));
    }
  }
}
