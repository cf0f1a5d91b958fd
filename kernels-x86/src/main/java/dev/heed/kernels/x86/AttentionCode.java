package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// What attention does to a strip of scores, a few queries by all keys that one of them sees,
/// between the products: softmax forward, and its gradient backward.
///
/// Each row names the range of its columns that it may see; the others become zero.
///
/// @param hasMask whether a row of 0 and −∞ is added to the scores
/// @param hasBias whether a bias that depends on key − query is added to the scores
/// @param hasDropout whether weights are dropped
/// @param hasBiasGradient backward: whether the gradient of the bias is wanted
record AttentionCode(
    boolean hasMask, boolean hasBias, boolean hasDropout, boolean hasBiasGradient) {
  /// Slots of the argument block. Strides are in bytes.
  static final int ROWS = 0;

  /// Columns of the strip.
  static final int COLUMNS = 1;

  /// The scores [rows, columns]; they become the weights.
  static final int SCORES = 2;

  static final int SCORES_ROW = 3;

  /// One record of 32 bytes a row, see [#FROM] and the others.
  static final int ROW_RECORDS = 4;

  /// One element a column.
  static final int MASK = 5;

  /// The bias of the first row's first column; that of the next row begins one element before.
  static final int BIAS = 6;

  static final int SCALE = 7;

  /// Dropout: the threshold less 1 (I32), the factor of what is kept (a float), and the first
  /// column.
  static final int BOUND = 8;

  static final int KEPT = 9;
  static final int FIRST_COLUMN = 10;

  /// Backward: the gradients of the weights [rows, columns], same stride; they become those of the
  /// products q·k.
  static final int GRADIENTS = 11;

  /// Backward: the gradient of the bias, as [#BIAS]; added to.
  static final int BIAS_GRADIENT = 12;

  /// Bytes of a row's record, and what lies where: the first visible column and one past the last
  /// (I64), the row's dropout key (I32), its log-sum-exp, and backward Σ out·outGradient.
  static final int RECORD = 32;

  static final int FROM = 0;
  static final int TO = 8;
  static final int KEY = 16;
  static final int LOG_SUM = 20;
  static final int DELTA = 24;

  byte[] emitForward(Level level) {
    return new Emission(this, new VectorCode(level)).forward();
  }

  byte[] emitBackward(Level level) {
    return new Emission(this, new VectorCode(level)).backward();
  }

  private static final class Emission {
    private final AttentionCode shape;
    private final VectorCode code;
    private final Assembler asm;
    private final Gpr rows;
    private final Gpr scores;
    private final Gpr records;
    private final Gpr bias;

    /// The visible part of the current row: its length and where it is in each array.
    private final Gpr length;

    private final Gpr at;
    private final Gpr maskAt;
    private final Gpr biasAt;
    private final Vec scale;

    Emission(AttentionCode shape, VectorCode code) {
      this.shape = shape;
      this.code = code;
      this.asm = code.asm;
      rows = code.argument(ROWS);
      scores = code.argument(SCORES);
      records = code.argument(ROW_RECORDS);
      bias = code.argument(BIAS);
      length = code.gpr();
      at = code.gpr();
      maskAt = code.gpr();
      biasAt = code.gpr();
      scale = code.floatArgument(SCALE);
    }

    byte[] forward() {
      Vec hashes = shape.hasDropout ? DropoutCode.columnHashes(code) : scale;
      code.countDown(
          rows,
          () -> {
            try (var _ = code.scope()) {
              locate();
              weights(hashes);
              clearInvisible(scores);
            }
            next();
          });
      return code.finish();
    }

    /// Sets the registers to the visible part of the row: from column FROM, length TO − FROM.
    private void locate() {
      asm.mov(length, Address.at(records, TO));
      asm.mov(at, Address.at(records, FROM));
      asm.sub(length, at);
      if (shape.hasMask) {
        asm.mov(maskAt, VectorCode.slot(MASK));
        asm.lea(maskAt, Address.at(maskAt, at, 4));
      }
      asm.lea(biasAt, Address.at(bias, at, 4));
      asm.lea(at, Address.at(scores, at, 4));
    }

    private void next() {
      asm.add(scores, VectorCode.slot(SCORES_ROW));
      asm.add(records, RECORD);
      asm.sub(bias, 4);
    }

    /// score · scale + bias + mask
    private void score(Vec x, Vec other) {
      code.load(x, code.at(at, 0));
      code.mul(x, x, scale);
      if (shape.hasBias) {
        code.load(other, code.at(biasAt, 0));
        code.add(x, x, other);
      }
      if (shape.hasMask) {
        code.load(other, code.at(maskAt, 0));
        code.add(x, x, other);
      }
    }

    private void weights(Vec hashes) {
      Vec max = code.constantVec(Float.NEGATIVE_INFINITY);
      Vec x = code.vec();
      Vec other = code.vec();
      code.forVectors(
          length,
          1,
          i -> {
            score(x, other);
            code.store(code.at(at, 0), x);
            code.fillTail(x, Float.NEGATIVE_INFINITY);
            code.max(max, max, x);
          });
      code.maxLanes(max);
      // A row that sees nothing: its maximum counts as 0, its weights become 0, its sum −∞.
      code.broadcastConstant(x, Float.NEGATIVE_INFINITY);
      code.clear(other);
      code.select(max, VectorCode.EQUAL, max, x, other, max);
      Vec sum = code.zero();
      Vec counter = code.vec();
      Vec bound = code.vec();
      startCounter(counter, bound, hashes);
      code.forVectors(
          length,
          1,
          i -> {
            code.load(x, code.at(at, 0));
            code.sub(x, x, max);
            Functions.expOrZero(code, x);
            code.fillTail(x, 0);
            code.add(sum, sum, x);
            dropOut(x, counter, bound);
            code.store(code.at(at, 0), x);
          });
      code.sumLanes(sum);
      code.clear(other);
      code.broadcastConstant(x, 1);
      code.div(x, x, sum);
      code.select(other, VectorCode.EQUAL, sum, other, other, x);
      if (shape.hasDropout) {
        code.broadcast(x, VectorCode.slot(KEPT));
        code.mul(other, other, x);
      }
      Functions.log(code, sum);
      code.add(sum, sum, max);
      asm.emit(VMOVSS_STORE, Address.at(records, LOG_SUM), sum.as(16));
      code.forVectors(
          length,
          1,
          i -> {
            code.load(x, code.at(at, 0));
            code.mul(x, x, other);
            code.store(code.at(at, 0), x);
          });
    }

    /// Sets `counter` to the hashes of the row's first visible columns.
    private void startCounter(Vec counter, Vec bound, Vec hashes) {
      if (shape.hasDropout) {
        Gpr column = code.gpr();
        asm.mov(column, Address.at(records, FROM));
        asm.add(column, VectorCode.slot(FIRST_COLUMN));
        asm.imul(column, column, 0x9E3779B9);
        asm.emit(VMOVD, counter.as(16), column);
        asm.emit(VPBROADCASTD, counter, counter.as(16));
        code.broadcast(bound, Address.at(records, KEY));
        asm.emit(VPADDD, counter, counter, bound);
        asm.emit(VPADDD, counter, counter, hashes);
        code.broadcast(bound, VectorCode.slot(BOUND));
        code.free(column);
      }
    }

    private void dropOut(Vec x, Vec counter, Vec bound) {
      if (shape.hasDropout) {
        DropoutCode.keep(code, x, counter, bound);
        DropoutCode.advance(code, counter);
      }
    }

    /// Zeroes the columns before and after the visible part of the row at `row`.
    private void clearInvisible(Gpr row) {
      Vec zero = code.zero();
      asm.mov(length, Address.at(records, FROM));
      code.forVectors(length, 1, i -> code.store(code.at(row, 0), zero));
      asm.mov(at, Address.at(records, TO));
      asm.mov(length, VectorCode.slot(COLUMNS));
      asm.sub(length, at);
      asm.lea(at, Address.at(row, at, 4));
      code.forVectors(length, 1, i -> code.store(code.at(at, 0), zero));
    }

    byte[] backward() {
      Vec hashes = shape.hasDropout ? DropoutCode.columnHashes(code) : scale;
      Gpr gradients = code.argument(GRADIENTS);
      Gpr gradientAt = code.gpr();
      code.countDown(
          rows,
          () -> {
            try (var _ = code.scope()) {
              asm.mov(gradientAt, Address.at(records, FROM));
              asm.lea(gradientAt, Address.at(gradients, gradientAt, 4));
              locate();
              gradients(gradientAt, hashes);
              clearInvisible(scores);
              clearInvisible(gradients);
            }
            next();
            asm.add(gradients, VectorCode.slot(SCORES_ROW));
            if (shape.hasBiasGradient) {
              Gpr moved = code.gpr();
              asm.mov(moved, VectorCode.slot(BIAS_GRADIENT));
              asm.sub(moved, 4);
              asm.mov(VectorCode.slot(BIAS_GRADIENT), moved);
              code.free(moved);
            }
          });
      return code.finish();
    }

    /// weight = exp(score − logSum), gradient = weight · (kept · gradient − delta)
    private void gradients(Gpr gradientAt, Vec hashes) {
      Vec x = code.vec();
      Vec other = code.vec();
      Vec gradient = code.vec();
      Vec logSum = code.vec();
      Vec delta = code.vec();
      Vec counter = code.vec();
      Vec bound = code.vec();
      code.broadcast(logSum, Address.at(records, LOG_SUM));
      code.broadcast(delta, Address.at(records, DELTA));
      startCounter(counter, bound, hashes);
      code.forVectors(
          length,
          1,
          i -> {
            score(x, other);
            code.sub(x, x, logSum);
            Functions.expOrZero(code, x);
            code.load(gradient, code.at(gradientAt, 0));
            if (shape.hasDropout) {
              code.broadcast(other, VectorCode.slot(KEPT));
              dropOut(other, counter, bound);
              code.mul(gradient, gradient, other);
              code.mul(other, other, x);
              code.store(code.at(at, 0), other);
            } else {
              code.store(code.at(at, 0), x);
            }
            code.sub(gradient, gradient, delta);
            code.mul(gradient, gradient, x);
            if (shape.hasBiasGradient) {
              addBiasGradient(gradient, other);
            }
            code.mul(gradient, gradient, scale);
            code.store(code.at(gradientAt, 0), gradient);
          });
    }

    private void addBiasGradient(Vec gradient, Vec other) {
      Gpr to = code.gpr();
      asm.mov(to, Address.at(records, FROM));
      asm.shl(to, 2);
      asm.add(to, VectorCode.slot(BIAS_GRADIENT));
      code.load(other, code.at(to, 0));
      code.add(other, other, gradient);
      code.store(code.at(to, 0), other);
      code.free(to);
    }
  }
}
