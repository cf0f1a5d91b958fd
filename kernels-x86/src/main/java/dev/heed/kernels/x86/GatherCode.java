package dev.heed.kernels.x86;

/// Rows of a table by their numbers: taken out, or added to.
final class GatherCode {
  /// Slots of the argument block. Strides are in bytes.
  static final int ROWS = 0;

  static final int COLUMNS = 1;

  /// The number of the table's row for each row, I32.
  static final int IDS = 2;

  static final int TABLE = 3;
  static final int TABLE_ROW = 4;

  /// The rows that are written, or added to the table.
  static final int X = 5;

  static final int X_ROW = 6;

  /// A float that multiplies what is moved.
  static final int FACTOR = 7;

  private GatherCode() {}

  /// Emits `x[i] = factor · table[ids[i]]`, or where `scatters` `table[ids[i]] += factor · x[i]`,
  /// for one row after the other.
  ///
  /// @param halves whether the table is bfloat16; nothing is added to it then
  static byte[] emit(Level level, boolean scatters, boolean halves) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr ids = code.argument(IDS);
    Gpr x = code.argument(X);
    Gpr entry = code.gpr();
    Gpr half = code.gpr();
    Vec factor = code.floatArgument(FACTOR);
    Vec value = code.vec();
    Vec sum = code.vec();
    code.countDown(
        rows,
        () -> {
          asm.movsxd(entry, Address.at(ids));
          asm.imul(entry, VectorCode.slot(TABLE_ROW));
          asm.add(entry, VectorCode.slot(TABLE));
          code.forVectors(
              columns,
              1,
              i -> {
                if (scatters) {
                  code.load(value, code.at(x, 0));
                  code.load(sum, code.at(entry, 0));
                  code.addProduct(sum, value, factor);
                  code.store(code.at(entry, 0), sum);
                } else {
                  if (halves) {
                    code.halveIndex(half);
                    code.loadHalves(value, Address.at(entry, half, 1));
                  } else {
                    code.load(value, code.at(entry, 0));
                  }
                  code.mul(value, value, factor);
                  code.store(code.at(x, 0), value);
                }
              });
          asm.add(x, VectorCode.slot(X_ROW));
          asm.add(ids, 4);
        });
    return code.finish();
  }
}
