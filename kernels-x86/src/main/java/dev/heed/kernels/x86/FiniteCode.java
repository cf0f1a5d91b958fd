package dev.heed.kernels.x86;

/// Whether all elements of a matrix are finite: the sum of each times zero is 0 then, else NaN.
final class FiniteCode {
  /// Slots of the argument block.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int X = 2;

  /// Bytes between rows.
  static final int ROW = 3;

  /// Receives 0 or NaN, a float.
  static final int RESULT = 4;

  private FiniteCode() {}

  static byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Vec sum = code.zero();
    Vec zero = code.zero();
    Vec value = code.vec();
    code.countDown(
        rows,
        () -> {
          code.forVectors(
              columns,
              1,
              i -> {
                code.load(value, code.at(x, 0));
                code.addProduct(sum, zero, value);
              });
          code.asm.add(x, VectorCode.slot(ROW));
        });
    code.sumLanes(sum);
    code.asm.emit(VectorOp.VMOVSS_STORE, VectorCode.slot(RESULT), sum.as(16));
    return code.finish();
  }
}
