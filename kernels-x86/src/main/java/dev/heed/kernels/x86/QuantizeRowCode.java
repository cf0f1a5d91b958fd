package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Rounds a row of floats to 8-bit integers, in groups of 32 whose largest magnitude becomes 127,
/// and writes them as [QuantizedCode] reads them.
///
/// @param halves whether the sums of a group's halves are wanted apart
record QuantizeRowCode(boolean halves) {
  /// Slots of the argument block. Strides are in bytes.
  static final int X = 0;

  static final int TO = 1;
  static final int TO_GROUP = 2;
  static final int GROUPS = 3;

  /// −zero of the weights, as a float.
  static final int MINUS_ZERO = 4;

  byte[] emit() {
    VectorCode code = new VectorCode(Level.AVX2);
    Assembler asm = code.asm;
    Gpr x = code.argument(X);
    Gpr to = code.argument(TO);
    Gpr groups = code.argument(GROUPS);
    Vec minusZero = code.floatArgument(MINUS_ZERO);
    Vec magnitude = code.vec();
    asm.emit(VPBROADCASTD, magnitude, code.pooled(0x7FFFFFFF));
    Vec most = code.constantVec(127);
    Vec order = code.vec();
    code.loadConstants(order, new int[] {0, 4, 1, 5, 2, 6, 3, 7});
    Vec[] parts = {code.vec(), code.vec(), code.vec(), code.vec()};
    Vec largest = code.vec();
    Vec a = code.vec();
    Vec b = code.vec();
    code.countDown(
        groups,
        () -> {
          try (var _ = code.scope()) {
            code.clear(largest);
            for (int i = 0; i < 4; i++) {
              code.load(parts[i], Address.at(x, 32 * i));
              code.and(a, parts[i], magnitude);
              code.max(largest, largest, a);
            }
            code.maxLanes(largest);
            code.div(a, largest, most);
            asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SCALE), a.as(16));
            Vec zero = code.zero();
            code.div(b, most, largest);
            code.select(b, VectorCode.GREATER, largest, zero, b, zero);
            for (Vec part : parts) {
              code.mul(part, part, b);
              asm.emit(VCVTPS2DQ, part, part);
            }
            sums(code, to, parts, a, b, minusZero);
            asm.emit(VPACKSSDW, parts[0], parts[0], parts[1]);
            asm.emit(VPACKSSDW, parts[2], parts[2], parts[3]);
            asm.emit(VPACKSSWB, parts[0], parts[0], parts[2]);
            asm.emit(VPERMPS, parts[0], order, parts[0]);
            code.store(Address.at(to, 0), parts[0]);
          }
          asm.add(x, 128);
          asm.add(to, VectorCode.slot(TO_GROUP));
        });
    return code.finish();
  }

  /// @param scale the group's
  private void sums(VectorCode code, Gpr to, Vec[] parts, Vec scale, Vec first, Vec minusZero) {
    Assembler asm = code.asm;
    Vec second = code.vec();
    asm.emit(VPADDD, first, parts[0], parts[1]);
    asm.emit(VPADDD, second, parts[2], parts[3]);
    asm.emit(VCVTDQ2PS, first, first);
    asm.emit(VCVTDQ2PS, second, second);
    code.sumLanes(first);
    code.sumLanes(second);
    Vec all = code.vec();
    code.add(all, first, second);
    code.mul(scale, scale, all);
    asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SCALED_SUM), scale.as(16));
    code.mul(first, halves ? first : all, minusZero);
    code.mul(second, second, minusZero);
    asm.emit(VCVTPS2DQ, first, first);
    asm.emit(VCVTPS2DQ, second, second);
    asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.START), first.as(16));
    asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SECOND_START), second.as(16));
  }
}
