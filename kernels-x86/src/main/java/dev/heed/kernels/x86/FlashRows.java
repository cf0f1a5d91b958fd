package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Brings rows of keys, values and queries into scratch memory, and results out of it.
final class FlashRows {
  /// Slots of the argument block. Strides are in bytes.
  static final int FROM = 0;

  static final int FROM_ROW = 1;
  static final int TO = 2;
  static final int TO_ROW = 3;
  static final int COUNT = 4;

  /// I32: which rows to take, or where to put them.
  static final int INDICES = 5;

  /// What the rows are multiplied by, a float.
  static final int FACTOR = 6;

  /// Receives a float that is NaN if NaN or ∞ was among the rows, else 0.
  static final int CHECK = 7;

  /// The statistics of a tile, as in [FlashForwardCode].
  static final int STATISTICS = 8;

  static final int LOG_SUM_EXP = 9;
  static final int LOG_SUM_EXP_ROW = 10;

  /// The factor that brings the maxima to units of the log-sum-exp, a float.
  static final int MAXIMUM_FACTOR = 11;

  /// Where [#round] puts pairs of rows.
  static final int TO_PAIRS = 12;

  /// Above a number less than the largest that rounding to bfloat16 leaves finite.
  private static final float CAUTION = 1.01f;

  /// How many rows ahead rows are fetched.
  private static final int AHEAD = 8;

  private FlashRows() {}

  /// Copies the rows that [#INDICES] names to packed rows of whole vectors, zeros at their ends.
  static byte[] pack(Level level, int width) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr fromRow = code.argument(FROM_ROW);
    Gpr to = code.argument(TO);
    Gpr count = code.argument(COUNT);
    Gpr indices = code.argument(INDICES);
    Gpr at = code.gpr();
    Vec zero = code.zero();
    Vec check = code.zero();
    Vec x = code.vec();
    maskEnd(code, width);
    code.countDown(
        count,
        () -> {
          asm.movsxd(at, Address.at(indices));
          asm.imul(at, fromRow);
          asm.add(at, from);
          prefetch(code, at, fromRow, width, false);
          for (int offset = 0; offset < width; offset += code.lanes) {
            loadPart(code, x, Address.at(at, 4 * offset), width - offset);
            code.addProduct(check, x, zero);
            code.store(Address.at(to, 4 * offset), x);
          }
          asm.add(indices, 4);
          asm.add(to, FlashTile.rowBytes(level, width));
        });
    code.unmask();
    code.sumLanes(check);
    asm.emit(VMOVSS_STORE, VectorCode.slot(CHECK), check.as(16));
    return code.finish();
  }

  /// Rounds the rows that [#INDICES] names to bfloat16.
  ///
  /// @param rows whether to store rows at [#TO], zeros at their ends: pairs along a row
  /// @param pairs whether to store pairs of rows at [#TO_PAIRS], of rows 0 and 1, 2 and 3, …, the
  ///   missing one at an odd end zero
  static byte[] round(Level level, int width, boolean rows, boolean pairs) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr count = code.argument(COUNT);
    Gpr odd = code.gpr();
    asm.mov(odd, count);
    asm.shr(count, 1);
    Rounding rounding = new Rounding(code, width, rows, pairs);
    code.countDown(count, () -> rounding.emit(2));
    asm.and(odd, 1);
    code.countDown(odd, () -> rounding.emit(1));
    code.unmask();
    code.sumLanes(rounding.check);
    asm.emit(VMOVSS_STORE, VectorCode.slot(CHECK), rounding.check.as(16));
    return code.finish();
  }

  private static final class Rounding {
    private final VectorCode code;
    private final Assembler asm;
    private final int width;
    private final boolean rows;
    private final boolean pairs;
    private final Gpr from;
    private final Gpr fromRow;
    private final Gpr to;
    private final Gpr toPairs;
    private final Gpr indices;
    private final Gpr[] at = new Gpr[2];
    private final Vec order;
    private final Vec zero;
    private final Vec caution;
    final Vec check;

    Rounding(VectorCode code, int width, boolean rows, boolean pairs) {
      this.code = code;
      this.asm = code.asm;
      this.width = width;
      this.rows = rows;
      this.pairs = pairs;
      from = code.argument(FROM);
      fromRow = code.argument(FROM_ROW);
      to = code.argument(TO);
      toPairs = code.argument(TO_PAIRS);
      indices = code.argument(INDICES);
      at[0] = code.gpr();
      at[1] = code.gpr();
      order = HalvesCode.order(code);
      zero = code.zero();
      caution = code.constantVec(CAUTION);
      check = code.zero();
      maskEnd(code, width);
    }

    /// One or two rows.
    void emit(int count) {
      int rowBytes = FlashTile.halvesRowBytes(width);
      for (int r = 0; r < count; r++) {
        asm.movsxd(at[r], Address.at(indices, 4 * r));
        asm.imul(at[r], fromRow);
        asm.add(at[r], from);
        prefetch(code, at[r], fromRow, width, false);
      }
      for (int offset = 0; offset < width; offset += 2 * code.lanes) {
        try (var _ = code.scope()) {
          Vec[][] x = new Vec[2][2];
          for (int r = 0; r < 2; r++) {
            for (int half = 0; half < 2; half++) {
              x[r][half] = r < count ? part(at[r], offset + half * code.lanes) : zero;
            }
          }
          if (rows) {
            Vec rounded = code.vec();
            for (int r = 0; r < count; r++) {
              asm.emit(VCVTNE2PS2BF16, rounded, x[r][1], x[r][0]);
              code.store(Address.at(to, r * rowBytes + 2 * offset), rounded);
            }
          }
          for (int half = 0; pairs && half < 2 && offset + half * code.lanes < width; half++) {
            HalvesCode.pair(code, x[0][half], x[1][half], order);
            code.store(Address.at(toPairs, 4 * (offset + half * code.lanes)), x[0][half]);
          }
        }
      }
      asm.add(indices, 4 * count);
      asm.add(to, count * rowBytes);
      asm.add(toPairs, FlashTile.rowBytes(code.level, width));
    }

    private Vec part(Gpr row, int offset) {
      if (offset >= width) {
        return zero;
      }
      Vec x = code.vec();
      loadPart(code, x, Address.at(row, 4 * offset), width - offset);
      Vec larger = code.vec();
      code.mul(larger, x, caution);
      code.addProduct(check, larger, zero);
      code.free(larger);
      return x;
    }
  }

  /// Copies packed rows, times [#FACTOR], to the rows that [#INDICES] names.
  static byte[] unpack(Level level, int width) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr from = code.argument(FROM);
    Gpr to = code.argument(TO);
    Gpr toRow = code.argument(TO_ROW);
    Gpr count = code.argument(COUNT);
    Gpr indices = code.argument(INDICES);
    Gpr at = code.gpr();
    Vec factor = code.floatArgument(FACTOR);
    Vec x = code.vec();
    maskEnd(code, width);
    code.countDown(
        count,
        () -> {
          asm.movsxd(at, Address.at(indices));
          asm.imul(at, toRow);
          asm.add(at, to);
          prefetch(code, at, toRow, width, true);
          for (int offset = 0; offset < width; offset += code.lanes) {
            code.mul(x, factor, Address.at(from, 4 * offset));
            storePart(code, Address.at(at, 4 * offset), x, width - offset);
          }
          asm.add(indices, 4);
          asm.add(from, FlashTile.rowBytes(level, width));
        });
    return code.finish();
  }

  /// Ends a tile of queries: out = gathered · [#FACTOR] / sum of weights, or 0 where that sum is 0;
  /// log-sum-exp = maximum · [#MAXIMUM_FACTOR] + ln sum, −∞ for 0.
  static byte[] finish(Level level, int width) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr statistics = code.argument(STATISTICS);
    try (var _ = code.scope()) {
      Vec maximumFactor = code.floatArgument(MAXIMUM_FACTOR);
      Vec factor = code.floatArgument(FACTOR);
      Vec zero = code.zero();
      Vec sum = code.vec();
      Vec quotient = code.vec();
      for (int q = 0; q < FlashTile.QUERIES; q += code.lanes) {
        int at = 4 * q;
        code.load(sum, Address.at(statistics, FlashForwardCode.SUM + at));
        code.div(quotient, factor, sum);
        code.select(quotient, VectorCode.EQUAL, sum, zero, zero, quotient);
        code.store(Address.at(statistics, FlashForwardCode.RESCALE + at), quotient);
        Functions.log(code, sum);
        code.load(quotient, Address.at(statistics, FlashForwardCode.MAXIMUM + at));
        code.mulAdd(quotient, maximumFactor, sum);
        code.store(Address.at(statistics, FlashForwardCode.NEXT_MAXIMUM + at), quotient);
      }
    }
    Gpr from = code.argument(FROM);
    Gpr to = code.argument(TO);
    Gpr toRow = code.argument(TO_ROW);
    Gpr count = code.argument(COUNT);
    Gpr sums = code.argument(LOG_SUM_EXP);
    Gpr sumsRow = code.argument(LOG_SUM_EXP_ROW);
    Gpr bits = code.gpr();
    Vec quotient = code.vec();
    Vec x = code.vec();
    maskEnd(code, width);
    code.countDown(
        count,
        () -> {
          prefetch(code, to, toRow, width, true);
          code.broadcast(quotient, Address.at(statistics, FlashForwardCode.RESCALE));
          for (int offset = 0; offset < width; offset += code.lanes) {
            code.mul(x, quotient, Address.at(from, 4 * offset));
            storePart(code, Address.at(to, 4 * offset), x, width - offset);
          }
          asm.mov32(bits, Address.at(statistics, FlashForwardCode.NEXT_MAXIMUM));
          asm.mov32(Address.at(sums), bits);
          asm.add(statistics, 4);
          asm.add(sums, sumsRow);
          asm.add(to, toRow);
          asm.add(from, FlashTile.rowBytes(level, width));
        });
    return code.finish();
  }

  /// The statistics that [FlashBackwardCode] takes: for each row the log-sum-exp in units of log 2,
  /// +∞ instead of −∞, and the product of the rows at [#FROM] and [#TO], both [#FROM_ROW] apart.
  static byte[] delta(Level level, int width) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr a = code.argument(FROM);
    Gpr b = code.argument(TO);
    Gpr row = code.argument(FROM_ROW);
    Gpr count = code.argument(COUNT);
    Gpr sums = code.argument(LOG_SUM_EXP);
    Gpr sumsRow = code.argument(LOG_SUM_EXP_ROW);
    Gpr statistics = code.argument(STATISTICS);
    Vec nothing = code.constantVec(Float.NEGATIVE_INFINITY);
    Vec infinity = code.constantVec(Float.POSITIVE_INFINITY);
    Vec delta = code.vec();
    Vec x = code.vec();
    Vec y = code.vec();
    maskEnd(code, width);
    code.countDown(
        count,
        () -> {
          prefetch(code, a, row, width, false);
          prefetch(code, b, row, width, false);
          code.clear(delta);
          for (int offset = 0; offset < width; offset += code.lanes) {
            loadPart(code, x, Address.at(a, 4 * offset), width - offset);
            loadPart(code, y, Address.at(b, 4 * offset), width - offset);
            code.addProduct(delta, x, y);
          }
          code.sumLanes(delta);
          asm.emit(VMOVSS_STORE, Address.at(statistics, FlashBackwardCode.DELTA), delta.as(16));
          code.broadcast(x, Address.at(sums));
          code.mul(y, x, code.constant((float) FlashAttention.LOG2_E));
          code.select(x, VectorCode.EQUAL, x, nothing, infinity, y);
          asm.emit(VMOVSS_STORE, Address.at(statistics, FlashBackwardCode.LOG_SUM_EXP), x.as(16));
          asm.add(a, row);
          asm.add(b, row);
          asm.add(sums, sumsRow);
          asm.add(statistics, 4);
        });
    return code.finish();
  }

  /// Fetches the row that comes some rows later, if the rows lie at a stride: heads lie apart, and
  /// the processor does not foresee where the next row begins.
  static void prefetch(VectorCode code, Gpr row, Gpr stride, int width, boolean toWrite) {
    for (int offset = 0; offset < 4 * width; offset += 64) {
      Address later = Address.at(row, stride, AHEAD, offset);
      if (toWrite) {
        code.asm.prefetchToWrite(later);
      } else {
        code.asm.prefetch(later);
      }
    }
  }

  /// Prepares the mask of a row's last vector, if that is partial.
  private static void maskEnd(VectorCode code, int width) {
    if (width % code.lanes != 0) {
      Gpr columns = code.gpr();
      code.asm.mov(columns, width % code.lanes);
      code.mask(columns);
      code.free(columns);
    }
  }

  private static void storePart(VectorCode code, Address to, Vec x, int rest) {
    if (rest < code.lanes) {
      code.storeMasked(to, x);
    } else {
      code.store(to, x);
    }
  }

  private static void loadPart(VectorCode code, Vec x, Address from, int rest) {
    if (rest < code.lanes) {
      code.loadMasked(x, from);
    } else {
      code.load(x, from);
    }
  }
}
