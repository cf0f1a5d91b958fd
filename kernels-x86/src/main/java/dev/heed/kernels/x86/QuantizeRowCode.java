package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Rounds a row of floats to 8-bit integers and writes them as [QuantizedCode] reads them, in
/// groups of 32. The largest magnitude of a run of groups becomes 127.
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

  /// The groups of a run, which share a scale.
  static final int RUN = 5;

  byte[] emit() {
    VectorCode code = new VectorCode(Level.AVX2);
    Assembler asm = code.asm;
    Gpr x = code.argument(X);
    Gpr to = code.argument(TO);
    Vec minusZero = code.floatArgument(MINUS_ZERO);
    Vec order = code.vec();
    code.loadConstants(order, new int[] {0, 4, 1, 5, 2, 6, 3, 7});
    Vec[] parts = {code.vec(), code.vec(), code.vec(), code.vec()};
    Vec largest = code.vec();
    Vec scale = code.vec();
    Vec inverse = code.vec();
    Gpr from = code.gpr();
    Gpr groups = code.gpr();
    code.forRuns(
        GROUPS,
        RUN,
        count -> {
          asm.mov(from, x);
          asm.mov(groups, count);
          code.clear(largest);
          code.countDown(
              groups,
              () -> {
                magnitude(code, from, parts, largest, scale);
                asm.add(from, 128);
              });
          scale(code, largest, scale, inverse);
          code.countDown(
              count,
              () -> {
                asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SCALE), scale.as(16));
                for (int i = 0; i < 4; i++) {
                  code.mul(parts[i], inverse, Address.at(x, 32 * i));
                  asm.emit(VCVTPS2DQ, parts[i], parts[i]);
                }
                sums(code, to, parts, scale, minusZero);
                asm.emit(VPACKSSDW, parts[0], parts[0], parts[1]);
                asm.emit(VPACKSSDW, parts[2], parts[2], parts[3]);
                asm.emit(VPACKSSWB, parts[0], parts[0], parts[2]);
                asm.emit(VPERMPS, parts[0], order, parts[0]);
                code.store(Address.at(to, 0), parts[0]);
                asm.add(x, 128);
                asm.add(to, VectorCode.slot(TO_GROUP));
              });
        });
    return code.finish();
  }

  /// Raises each lane of `largest` to the magnitudes of a group.
  private static void magnitude(
      VectorCode code, Gpr from, Vec[] parts, Vec largest, Vec magnitude) {
    code.asm.emit(VPBROADCASTD, magnitude, code.pooled(0x7FFFFFFF));
    for (int i = 0; i < 4; i++) {
      code.and(parts[i], magnitude, Address.at(from, 32 * i));
      code.maxMagnitude(largest, largest, parts[i]);
    }
  }

  /// The scale after the largest magnitudes, and by what to multiply; after NaN or infinity the
  /// scale is NaN.
  static void scale(VectorCode code, Vec largest, Vec scale, Vec inverse) {
    try (var _ = code.scope()) {
      Vec most = code.constantVec(127);
      Vec zero = code.zero();
      code.maxMagnitudeOfLanes(largest);
      code.div(scale, largest, most);
      code.div(inverse, most, largest);
      code.select(inverse, VectorCode.GREATER, largest, zero, inverse, zero);
      code.sub(most, largest, largest);
      code.add(scale, scale, most);
    }
  }

  private void sums(VectorCode code, Gpr to, Vec[] parts, Vec scale, Vec minusZero) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec first = code.vec();
      Vec second = code.vec();
      asm.emit(VPADDD, first, parts[0], parts[1]);
      asm.emit(VPADDD, second, parts[2], parts[3]);
      asm.emit(VCVTDQ2PS, first, first);
      asm.emit(VCVTDQ2PS, second, second);
      code.sumLanes(first);
      code.sumLanes(second);
      Vec all = code.vec();
      code.add(all, first, second);
      code.mul(first, halves ? first : all, minusZero);
      code.mul(second, second, minusZero);
      code.mul(all, scale, all);
      asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SCALED_SUM), all.as(16));
      asm.emit(VCVTPS2DQ, first, first);
      asm.emit(VCVTPS2DQ, second, second);
      asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.START), first.as(16));
      asm.emit(VMOVSS_STORE, Address.at(to, QuantizedCode.SECOND_START), second.as(16));
    }
  }
}
