package dev.heed.kernels.x86;

/// The dot product of each row of one matrix with the same row of another.
final class RowDotCode {
  /// Slots of the argument block. Strides are in bytes.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int A = 2;
  static final int B = 3;

  /// Between rows of both matrices.
  static final int ROW = 4;

  static final int TO = 5;

  /// Between the results.
  static final int TO_STEP = 6;

  private RowDotCode() {}

  static byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr a = code.argument(A);
    Gpr b = code.argument(B);
    Gpr to = code.argument(TO);
    Vec sum = code.vec();
    Vec x = code.vec();
    Vec y = code.vec();
    code.countDown(
        rows,
        () -> {
          code.clear(sum);
          code.forVectors(
              columns,
              1,
              i -> {
                code.load(x, code.at(a, 0));
                code.load(y, code.at(b, 0));
                code.addProduct(sum, x, y);
              });
          code.sumLanes(sum);
          code.asm.emit(VectorOp.VMOVSS_STORE, Address.at(to), sum.as(16));
          code.asm.add(a, VectorCode.slot(ROW));
          code.asm.add(b, VectorCode.slot(ROW));
          code.asm.add(to, VectorCode.slot(TO_STEP));
        });
    return code.finish();
  }
}
