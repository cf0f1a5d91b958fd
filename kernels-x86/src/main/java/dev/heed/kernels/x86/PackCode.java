package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import org.jspecify.annotations.Nullable;

/// Brings operands of a matrix product into the order in which [MatmulCode] reads them.
final class PackCode {
  /// Slots of the argument block. Strides are in bytes.
  static final int FROM = 0;

  static final int FROM_ROW = 1;

  /// Rows; when transposing, columns, which become rows.
  static final int LENGTH = 2;

  /// Columns of a part. Transposing: how many rows there are, 1…lanes; the lanes for those beyond
  /// receive the last row again, which no result shows.
  static final int WIDTH = 3;

  static final int TO = 4;
  static final int TO_ROW = 5;

  /// Parts of a row, and the distance of their destinations.
  static final int PARTS = 6;

  static final int TO_PART = 7;

  private PackCode() {}

  /// Copies each row in parts of `WIDTH` columns, each part to rows of its own.
  static byte[] panels(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr rows = code.argument(LENGTH);
    Gpr width = code.argument(WIDTH);
    Gpr to = code.argument(TO);
    Gpr fromAt = code.gpr();
    Gpr toAt = code.gpr();
    Gpr parts = code.gpr();
    Vec x = code.vec();
    code.countDown(
        rows,
        () -> {
          asm.mov(fromAt, from);
          asm.mov(toAt, to);
          asm.mov(parts, VectorCode.slot(PARTS));
          code.countDown(
              parts,
              () -> {
                code.forVectors(
                    width,
                    1,
                    i -> {
                      code.load(x, code.at(fromAt, i));
                      code.store(code.at(toAt, i), x);
                    });
                asm.lea(fromAt, Address.at(fromAt, width, 4));
                asm.add(toAt, VectorCode.slot(TO_PART));
              });
          asm.add(from, VectorCode.slot(FROM_ROW));
          asm.add(to, VectorCode.slot(TO_ROW));
        });
    return code.finish();
  }

  /// The same for narrow parts: of half a vector with AVX-512, of up to a vector with AVX2.
  static byte[] tiles(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr fromRow = code.argument(FROM_ROW);
    Gpr rows = code.argument(LENGTH);
    Gpr width = code.argument(WIDTH);
    Gpr to = code.argument(TO);
    Gpr toPart = code.argument(TO_PART);
    Gpr fromAt = code.gpr();
    Gpr toAt = code.gpr();
    Gpr parts = code.gpr();
    Gpr later = code.gpr();
    Vec x = code.vec();
    Vec narrow = x.as(32);
    code.mask(width);
    asm.lea(later, Address.at(fromRow, fromRow, 4));
    code.countDown(
        rows,
        () -> {
          asm.mov(fromAt, from);
          asm.mov(toAt, to);
          asm.mov(parts, VectorCode.slot(PARTS));
          if (level.isWide()) {
            pairs(code, width, parts, x, fromAt, later, toAt, toPart);
          }
          code.countDown(
              parts,
              () -> {
                code.loadMasked(narrow, Address.at(fromAt));
                code.storeMasked(Address.at(toAt), narrow);
                asm.lea(fromAt, Address.at(fromAt, width, 4));
                asm.add(toAt, toPart);
              });
          asm.add(from, fromRow);
          asm.add(to, VectorCode.slot(TO_ROW));
        });
    return code.finish();
  }

  /// Two parts with one load, where a part is half a vector.
  private static void pairs(
      VectorCode code, Gpr width, Gpr parts, Vec x, Gpr fromAt, Gpr later, Gpr toAt, Gpr toPart) {
    Assembler asm = code.asm;
    Label end = new Label();
    Label top = new Label();
    asm.cmp(width, code.lanes / 2);
    asm.jump(Condition.NOT_ZERO, end);
    asm.bind(top);
    asm.cmp(parts, 2);
    asm.jump(Condition.LESS, end);
    asm.emit(VMOVUPS, x, Address.at(fromAt));
    asm.prefetch(Address.at(fromAt, later, 1));
    asm.emit(VMOVUPS_STORE, Address.at(toAt), x.as(32));
    asm.emitImmediate(VEXTRACTF64X4, 1, Address.at(toAt, toPart, 1), x);
    asm.add(fromAt, code.bytes);
    asm.lea(toAt, Address.at(toAt, toPart, 2));
    asm.sub(parts, 2);
    asm.jmp(top);
    asm.bind(end);
  }

  /// Transposes up to one vector's lanes of rows: `to[k][r] = from[r][k]`.
  static byte[] transpose(Level level) {
    return transpose(level, false);
  }

  /// The same of rows of bfloat16, which become F32.
  static byte[] transposeHalves(Level level) {
    return transpose(level, true);
  }

  private static byte[] transpose(Level level, boolean halves) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr rest = code.argument(LENGTH);
    Gpr to = code.argument(TO);
    Gpr toRow = code.argument(TO_ROW);
    Label single = new Label();
    Label end = new Label();
    Label top = new Label();
    asm.sub(rest, code.lanes);
    asm.jump(Condition.LESS, single);
    asm.bind(top);
    block(code, from, to, toRow, null, halves);
    asm.add(from, halves ? code.bytes / 2 : code.bytes);
    asm.sub(rest, code.lanes);
    asm.jump(Condition.NOT_LESS, top);
    asm.bind(single);
    asm.add(rest, code.lanes);
    asm.jump(Condition.ZERO, end);
    code.tail(rest, () -> block(code, from, to, toRow, rest, halves));
    asm.bind(end);
    return code.finish();
  }

  /// One square of lanes × lanes; only the first `columns` rows of the result are stored.
  private static void block(
      VectorCode code, Gpr from, Gpr to, Gpr toRow, @Nullable Gpr columns, boolean halves) {
    Assembler asm = code.asm;
    int lanes = code.lanes;
    try (var _ = code.scope()) {
      Gpr at = code.gpr();
      Gpr row = code.argument(FROM_ROW);
      Gpr rows = code.argument(WIDTH);
      Gpr step = code.gpr();
      Gpr none = code.gpr();
      asm.mov(at, from);
      asm.xor(none, none);
      // quads[g][j]: of rows 4g…4g+3, in each 128-bit part p the column 4p+j.
      Vec[][] quads = new Vec[lanes / 4][4];
      for (int g = 0; g < lanes / 4; g++) {
        Vec[] r = quads[g];
        for (int i = 0; i < 4; i++) {
          r[i] = code.vec();
          if (halves) {
            code.loadHalves(r[i], Address.at(at));
          } else {
            code.load(r[i], Address.at(at));
          }
          asm.prefetch(Address.at(at, 4 * code.bytes));
          asm.cmp(rows, 4 * g + i + 2);
          asm.mov(step, row);
          asm.cmov(Condition.LESS, step, none);
          asm.add(at, step);
        }
        transposeQuads(code, r);
      }
      Vec[] columnsOut = level(code, quads);
      asm.mov(at, to);
      Label end = new Label();
      for (int c = 0; c < lanes; c++) {
        if (columns != null) {
          asm.cmp(columns, c);
          asm.jump(Condition.NOT_GREATER, end);
        }
        asm.emit(VMOVUPS_STORE, Address.at(at), columnsOut[c]);
        asm.add(at, toRow);
      }
      asm.mov(to, at);
      asm.bind(end);
    }
  }

  /// Transposes each 4 × 4 square of four registers.
  private static void transposeQuads(VectorCode code, Vec[] r) {
    Assembler asm = code.asm;
    Vec low = code.vec();
    Vec high = code.vec();
    asm.emit(VUNPCKLPS, low, r[0], r[1]);
    asm.emit(VUNPCKHPS, high, r[0], r[1]);
    asm.emit(VUNPCKLPS, r[0], r[2], r[3]);
    asm.emit(VUNPCKHPS, r[2], r[2], r[3]);
    asm.emit(VUNPCKHPD, r[1], low, r[0]);
    asm.emit(VUNPCKLPD, r[0], low, r[0]);
    asm.emit(VUNPCKHPD, r[3], high, r[2]);
    asm.emit(VUNPCKLPD, r[2], high, r[2]);
    code.free(low, high);
  }

  /// Puts the 128-bit parts of `quads` together to whole columns.
  private static Vec[] level(VectorCode code, Vec[][] quads) {
    Assembler asm = code.asm;
    Vec[] columns = new Vec[code.lanes];
    for (int j = 0; j < 4; j++) {
      Vec q0 = quads[0][j];
      Vec q1 = quads[1][j];
      if (!code.level.isWide()) {
        columns[4 + j] = code.vec();
        asm.emitImmediate(VPERM2F128, 0x31, columns[4 + j], q0, q1);
        asm.emitImmediate(VPERM2F128, 0x20, q0, q0, q1);
        columns[j] = q0;
        code.free(q1);
        continue;
      }
      Vec q2 = quads[2][j];
      Vec q3 = quads[3][j];
      Vec even = code.vec();
      Vec even2 = code.vec();
      asm.emitImmediate(VSHUFF32X4, 0x88, even, q0, q1);
      asm.emitImmediate(VSHUFF32X4, 0xDD, q1, q0, q1);
      asm.emitImmediate(VSHUFF32X4, 0x88, even2, q2, q3);
      asm.emitImmediate(VSHUFF32X4, 0xDD, q3, q2, q3);
      asm.emitImmediate(VSHUFF32X4, 0x88, q0, even, even2);
      asm.emitImmediate(VSHUFF32X4, 0xDD, even, even, even2);
      asm.emitImmediate(VSHUFF32X4, 0x88, q2, q1, q3);
      asm.emitImmediate(VSHUFF32X4, 0xDD, q1, q1, q3);
      columns[j] = q0;
      columns[4 + j] = q2;
      columns[8 + j] = even;
      columns[12 + j] = q1;
      code.free(even2);
      code.free(q3);
    }
    return columns;
  }
}
