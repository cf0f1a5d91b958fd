package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import dev.heed.tensor.DType;
import dev.heed.tensor.QuantizedLayout;
import org.jspecify.annotations.Nullable;

/// Products of some rows of 8-bit activations with one or two panels of 16 rows of [DType#I8]: the
/// sums of a run of columns, which share a scale, are integers. AVX512-VNNI.
///
/// @param rows the rows of activations
/// @param panels how many panels, side by side
/// @param whole whether all rows of the last panel belong to the matrix
record IntegerCode(int rows, int panels, boolean whole) {
  /// Slots of the argument block. Strides are in bytes. The codes of the activations: groups of 32,
  /// a group of all rows after the other.
  static final int X = 0;

  /// For each run and row its scale, and −zero · the sum of its codes as an integer.
  static final int SCALES = 1;

  static final int W = 2;

  /// From a panel to the next.
  static final int W_PANEL = 3;

  static final int GROUPS = 4;

  /// The groups of a run.
  static final int RUN = 5;

  static final int OUT = 6;
  static final int OUT_ROW = 7;

  /// The address of the bias, 0 for none.
  static final int BIAS = 8;

  /// The address of what is added to the rows of OUT, as far apart as they; 0 for nothing.
  static final int RESIDUAL = 9;

  /// How many rows of a last panel belong to the matrix.
  static final int LANES = 10;

  /// [#quantize]: a row of floats; the distance of a row's groups in X, and of its runs in SCALES;
  /// −zero of the weights, as a float.
  static final int FROM = 6;

  static final int X_GROUP = 7;
  static final int SCALES_RUN = 8;
  static final int MINUS_ZERO = 9;

  /// All sums and what is multiplied stay in registers.
  static final int MOST_ROWS = 6;

  static final int MOST_PANELS = 2;
  static final int GROUP_BYTES = QuantizedLayout.GROUP;
  static final int RUN_BYTES = 8;

  private static final QuantizedLayout LAYOUT = QuantizedLayout.of(DType.I8);

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IntegerCode that
        && rows == that.rows
        && panels == that.panels
        && whole == that.whole;
  }

  @Override
  public int hashCode() {
    return 4 * rows + 2 * panels + (whole ? 1 : 0);
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr x = code.argument(X);
    Gpr scales = code.argument(SCALES);
    Gpr[] weights = new Gpr[panels];
    for (int p = 0; p < panels; p++) {
      weights[p] = code.argument(W);
    }
    if (panels == MOST_PANELS) {
      asm.add(weights[1], VectorCode.slot(W_PANEL));
    }
    prefetchOut(code);
    Vec[][] sums = registers(code);
    Vec[][] integers = registers(code);
    Vec[] codes = new Vec[panels];
    for (int p = 0; p < panels; p++) {
      codes[p] = code.vec();
    }
    Vec four = code.vec();
    forAll((r, p) -> code.clear(sums[r][p]));
    code.forRuns(
        GROUPS,
        RUN,
        groups -> {
          for (int r = 0; r < rows; r++) {
            for (int p = 0; p < panels; p++) {
              asm.emit(VPBROADCASTD, integers[r][p], Address.at(scales, RUN_BYTES * r + 4));
            }
          }
          code.countDown(
              groups,
              () -> {
                for (int v = 0; v < GROUP_BYTES / 4; v++) {
                  for (int p = 0; p < panels; p++) {
                    code.load(codes[p], Address.at(weights[p], LAYOUT.headerBytes() + 64 * v));
                  }
                  for (int r = 0; r < rows; r++) {
                    asm.emit(VPBROADCASTD, four, Address.at(x, GROUP_BYTES * r + 4 * v));
                    for (int p = 0; p < panels; p++) {
                      asm.emit(VPDPBUSD, integers[r][p], codes[p], four);
                    }
                  }
                }
                for (Gpr panel : weights) {
                  asm.add(panel, LAYOUT.blockBytes());
                }
                asm.add(x, rows * GROUP_BYTES);
              });
          forAll((r, p) -> {
            asm.emit(VCVTDQ2PS, integers[r][p], integers[r][p]);
            Address scale = Address.at(scales, RUN_BYTES * r).broadcastOne();
            code.addProduct(sums[r][p], integers[r][p], scale);
          });
          asm.add(scales, rows * RUN_BYTES);
        });
    for (int p = 0; p < panels; p++) {
      asm.emit(VCVTPH2PS, codes[p], Address.at(weights[p], -LAYOUT.blockBytes()));
    }
    forAll((r, p) -> code.mul(sums[r][p], sums[r][p], codes[p]));
    if (!whole) {
      Gpr lanes = code.argument(LANES);
      code.mask(lanes);
    }
    store(code, sums, four);
    return code.finish();
  }

  /// What is written at the end comes meanwhile.
  private void prefetchOut(VectorCode code) {
    Gpr at = code.argument(OUT);
    for (int r = 0; r < rows; r++) {
      for (int p = 0; p < panels; p++) {
        code.asm.prefetchToWrite(Address.at(at, 64 * p));
      }
      code.asm.add(at, VectorCode.slot(OUT_ROW));
    }
    code.free(at);
  }

  private Vec[][] registers(VectorCode code) {
    Vec[][] registers = new Vec[rows][panels];
    forAll((r, p) -> registers[r][p] = code.vec());
    return registers;
  }

  private interface RowAndPanel {
    void run(int row, int panel);
  }

  private void forAll(RowAndPanel body) {
    for (int r = 0; r < rows; r++) {
      for (int p = 0; p < panels; p++) {
        body.run(r, p);
      }
    }
  }

  /// Adds bias and residual.
  private void store(VectorCode code, Vec[][] sums, Vec spare) {
    Assembler asm = code.asm;
    Gpr at = code.argument(BIAS);
    code.ifNotZero(
        at,
        () -> {
          for (int p = 0; p < panels; p++) {
            load(code, spare, at, p);
            for (Vec[] row : sums) {
              code.add(row[p], row[p], spare);
            }
          }
        });
    asm.mov(at, VectorCode.slot(RESIDUAL));
    code.ifNotZero(
        at,
        () -> {
          for (Vec[] row : sums) {
            for (int p = 0; p < panels; p++) {
              load(code, spare, at, p);
              code.add(row[p], row[p], spare);
            }
            asm.add(at, VectorCode.slot(OUT_ROW));
          }
        });
    asm.mov(at, VectorCode.slot(OUT));
    for (Vec[] row : sums) {
      for (int p = 0; p < panels; p++) {
        Address to = Address.at(at, 64 * p);
        if (isCut(p)) {
          code.storeMasked(to, row[p]);
        } else {
          code.store(to, row[p]);
        }
      }
      asm.add(at, VectorCode.slot(OUT_ROW));
    }
  }

  private boolean isCut(int panel) {
    return !whole && panel == panels - 1;
  }

  private void load(VectorCode code, Vec to, Gpr at, int panel) {
    Address from = Address.at(at, 64 * panel);
    if (isCut(panel)) {
      code.loadMasked(to, from);
    } else {
      code.load(to, from);
    }
  }

  /// Rounds a row of floats to 8-bit integers. The largest magnitude of a run becomes 127.
  static byte[] quantize(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr to = code.argument(X);
    Gpr scales = code.argument(SCALES);
    Gpr ahead = code.gpr();
    Gpr groups = code.gpr();
    Vec magnitude = code.vec();
    asm.emit(VPBROADCASTD, magnitude, code.pooled(0x7FFFFFFF));
    Vec order = code.vec();
    code.loadConstants(order, new int[] {0, 4, 8, 12, 1, 5, 9, 13, 0, 4, 8, 12, 1, 5, 9, 13});
    Vec minusZero = code.floatArgument(MINUS_ZERO);
    Vec[] largest = {code.vec(), code.vec()};
    Vec[] sums = {code.vec(), code.vec()};
    Vec[] parts = {code.vec(), code.vec()};
    Vec scale = code.vec();
    Vec inverse = code.vec();
    code.forRuns(
        GROUPS,
        RUN,
        count -> {
          asm.mov(ahead, from);
          asm.mov(groups, count);
          for (int i = 0; i < 2; i++) {
            code.clear(largest[i]);
            code.clear(sums[i]);
          }
          code.countDown(
              groups,
              () -> {
                for (int i = 0; i < 2; i++) {
                  code.and(parts[i], magnitude, Address.at(ahead, 64 * i));
                  code.maxMagnitude(largest[i], largest[i], parts[i]);
                }
                asm.add(ahead, 128);
              });
          code.maxMagnitude(largest[0], largest[0], largest[1]);
          QuantizeRowCode.scale(code, largest[0], scale, inverse);
          code.countDown(
              count,
              () -> {
                for (int i = 0; i < 2; i++) {
                  code.mul(parts[i], inverse, Address.at(from, 64 * i));
                  asm.emit(VCVTPS2DQ, parts[i], parts[i]);
                  asm.emit(VPADDD, sums[i], sums[i], parts[i]);
                }
                asm.emit(VPACKSSDW, parts[0], parts[0], parts[1]);
                asm.emit(VPACKSSWB, parts[0], parts[0], parts[0]);
                asm.emit(VPERMPS, parts[0], order, parts[0]);
                asm.emit(VMOVUPS_STORE, Address.at(to), parts[0].as(32));
                asm.add(from, 128);
                asm.add(to, VectorCode.slot(X_GROUP));
              });
          asm.emit(VPADDD, sums[0], sums[0], sums[1]);
          asm.emit(VCVTDQ2PS, sums[0], sums[0]);
          code.sumLanes(sums[0]);
          code.mul(sums[0], sums[0], minusZero);
          asm.emit(VCVTPS2DQ, sums[0], sums[0]);
          asm.emit(VMOVSS_STORE, Address.at(scales), scale.as(16));
          asm.emit(VMOVSS_STORE, Address.at(scales, 4), sums[0].as(16));
          asm.add(scales, VectorCode.slot(SCALES_RUN));
        });
    return code.finish();
  }
}
