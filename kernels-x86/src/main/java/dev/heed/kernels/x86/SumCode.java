package dev.heed.kernels.x86;

/// The sum of an array's elements or of their squares, in four vectors of partial sums.
final class SumCode {
  /// Slots of the argument block.
  static final int COUNT = 0;

  static final int X = 1;

  /// Receives the sum, a float.
  static final int SUM = 2;

  private static final int UNROLL = 4;

  private SumCode() {}

  static byte[] emit(Level level, boolean squares) {
    VectorCode code = new VectorCode(level);
    Gpr count = code.argument(COUNT);
    Gpr x = code.argument(X);
    Vec[] sums = new Vec[UNROLL];
    for (int i = 0; i < UNROLL; i++) {
      sums[i] = code.zero();
    }
    Vec value = code.vec();
    code.forVectors(
        count,
        UNROLL,
        i -> {
          code.load(value, code.at(x, i));
          if (squares) {
            code.addProduct(sums[i], value, value);
          } else {
            code.add(sums[i], sums[i], value);
          }
        });
    NormCode.total(code, sums);
    code.asm.emit(VectorOp.VMOVSS_STORE, VectorCode.slot(SUM), sums[0].as(16));
    return code.finish();
  }
}
