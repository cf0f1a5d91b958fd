package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.IntegerCode.*;
import static dev.heed.kernels.x86.VectorOp.*;

import org.jspecify.annotations.Nullable;

/// What follows [IntegerTileCode], row by row: the sums of the runs times their scales are added
/// up, then bias and residual.
///
/// The operations in F32 and their order are those of [IntegerCode], so the bits are, too. The
/// argument block is the same.
///
/// @param panels how many panels, side by side
/// @param whole whether all rows of the last panel belong to the matrix
record IntegerSumsCode(int panels, boolean whole) {
  static final int RUNS = 14;

  /// From the scales of a run to those of the next, in bytes.
  static final int SCALES_RUN = 15;

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IntegerSumsCode that && panels == that.panels && whole == that.whole;
  }

  @Override
  public int hashCode() {
    return 2 * panels + (whole ? 1 : 0);
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(IntegerTileCode.ROWS);
    Gpr sums = code.argument(IntegerTileCode.SUMS);
    Gpr scales = code.argument(SCALES);
    Gpr bias = code.argument(BIAS);
    Gpr residual = code.argument(RESIDUAL);
    Gpr out = code.argument(OUT);
    Gpr runs = code.gpr();
    Gpr sumsAt = code.gpr();
    Gpr scalesAt = code.gpr();
    if (!whole) {
      code.mask(code.argument(LANES));
    }
    Vec[] weightScales = registers(code);
    Gpr weights = code.argument(W);
    for (Vec scale : weightScales) {
      asm.emit(VCVTPH2PS, scale, Address.at(weights));
      asm.add(weights, VectorCode.slot(W_PANEL));
    }
    Vec[] biases = registers(code);
    code.ifNotZero(bias, () -> load(code, biases, bias));
    Vec[] products = registers(code);
    Vec[] parts = registers(code);
    code.countDown(
        rows,
        () -> {
          asm.mov(runs, VectorCode.slot(RUNS));
          asm.mov(sumsAt, sums);
          asm.mov(scalesAt, scales);
          for (Vec product : products) {
            code.clear(product);
          }
          code.countDown(
              runs,
              () -> {
                for (int p = 0; p < panels; p++) {
                  asm.emit(VPBROADCASTD, parts[p], Address.at(scalesAt, 4));
                  asm.emit(VPADDD, parts[p], parts[p], Address.at(sumsAt, 64 * p));
                  asm.emit(VCVTDQ2PS, parts[p], parts[p]);
                  code.addProduct(products[p], parts[p], Address.at(scalesAt).broadcastOne());
                }
                asm.add(sumsAt, IntegerTileCode.SUMS_RUN);
                asm.add(scalesAt, VectorCode.slot(SCALES_RUN));
              });
          for (int p = 0; p < panels; p++) {
            code.mul(products[p], products[p], weightScales[p]);
          }
          code.ifNotZero(bias, () -> add(code, products, biases));
          code.ifNotZero(
              residual,
              () -> {
                load(code, parts, residual);
                add(code, products, parts);
                asm.add(residual, VectorCode.slot(OUT_ROW));
              });
          store(code, products, out);
          asm.add(out, VectorCode.slot(OUT_ROW));
          asm.add(sums, IntegerTileCode.SUMS_ROW);
          asm.add(scales, RUN_BYTES);
        });
    return code.finish();
  }

  private Vec[] registers(VectorCode code) {
    Vec[] registers = new Vec[panels];
    for (int p = 0; p < panels; p++) {
      registers[p] = code.vec();
    }
    return registers;
  }

  private static void add(VectorCode code, Vec[] to, Vec[] from) {
    for (int p = 0; p < to.length; p++) {
      code.add(to[p], to[p], from[p]);
    }
  }

  private void load(VectorCode code, Vec[] to, Gpr at) {
    for (int p = 0; p < panels; p++) {
      if (isCut(p)) {
        code.loadMasked(to[p], Address.at(at, 64 * p));
      } else {
        code.load(to[p], Address.at(at, 64 * p));
      }
    }
  }

  private void store(VectorCode code, Vec[] from, Gpr at) {
    for (int p = 0; p < panels; p++) {
      if (isCut(p)) {
        code.storeMasked(Address.at(at, 64 * p), from[p]);
      } else {
        code.store(Address.at(at, 64 * p), from[p]);
      }
    }
  }

  private boolean isCut(int panel) {
    return !whole && panel == panels - 1;
  }
}
