package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import org.jspecify.annotations.Nullable;

/// LayerNorm and, where nothing is centred, RMSNorm, over rows: forward and backward.
///
/// Forward: out = (x − mean)·rstd·gain + bias. Backward, with g = outGradient·gain and n = (x −
/// mean)·rstd: xGradient = rstd·(g − mean(g) − n·mean(g·n)); the sums over the rows of
/// outGradient·n and outGradient are added to those of gain and bias.
///
/// @param centred whether the mean is taken away (LayerNorm)
/// @param hasBias forward: whether there is a bias
record NormCode(boolean centred, boolean hasBias) {
  /// Slots of the argument block; all rows are contiguous.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int X = 2;
  static final int GAIN = 3;
  static final int BIAS = 4;

  /// What is written: out, or the gradient of x.
  static final int OUT = 5;

  static final int MEAN = 6;
  static final int RSTD = 7;
  static final int OUT_GRADIENT = 8;

  /// The running sums for the gradients of gain and bias, one row each.
  static final int GAIN_GRADIENT = 9;

  static final int BIAS_GRADIENT = 10;
  static final int EPSILON = 11;

  /// 1 / columns, a float.
  static final int SHARE = 12;

  private static final int UNROLL = 4;

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NormCode that && centred == that.centred && hasBias == that.hasBias;
  }

  @Override
  public int hashCode() {
    int hash = centred ? 1 : 0;
    hash = 31 * hash + (hasBias ? 1 : 0);
    return hash;
  }

  byte[] emitForward(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Gpr gain = code.argument(GAIN);
    Gpr out = code.argument(OUT);
    Gpr mean = code.argument(MEAN);
    Gpr rstd = code.argument(RSTD);
    Gpr bias = code.argument(BIAS);
    Gpr width = code.gpr();
    asm.mov(width, columns);
    asm.shl(width, 2);
    Vec share = code.floatArgument(SHARE);
    Vec epsilon = code.floatArgument(EPSILON);
    code.countDown(
        rows,
        () -> {
          try (var _ = code.scope()) {
            Vec centre = centred ? rowMean(code, x, columns, share) : code.zero();
            Vec scale = rowRstd(code, x, columns, share, epsilon, centre);
            if (centred) {
              asm.emit(VMOVSS_STORE, Address.at(mean), centre.as(16));
              asm.add(mean, 4);
            }
            asm.emit(VMOVSS_STORE, Address.at(rstd), scale.as(16));
            Vec value = code.vec();
            Vec factor = code.vec();
            code.forVectors(
                columns,
                1,
                i -> {
                  code.load(value, code.at(x, 0));
                  if (centred) {
                    code.sub(value, value, centre);
                  }
                  code.mul(value, value, scale);
                  code.load(factor, code.at(gain, 0));
                  code.mul(value, value, factor);
                  if (hasBias) {
                    code.load(factor, code.at(bias, 0));
                    code.add(value, value, factor);
                  }
                  code.store(code.at(out, 0), value);
                });
          }
          asm.add(rstd, 4);
          asm.add(x, width);
          asm.add(out, width);
        });
    return code.finish();
  }

  private static Vec rowMean(VectorCode code, Gpr x, Gpr columns, Vec share) {
    Vec[] sums = sums(code);
    try (var _ = code.scope()) {
      Vec value = code.vec();
      code.forVectors(
          columns,
          UNROLL,
          i -> {
            code.load(value, code.at(x, i));
            code.add(sums[i], sums[i], value);
          });
    }
    total(code, sums);
    code.mul(sums[0], sums[0], share);
    return sums[0];
  }

  private static Vec rowRstd(
      VectorCode code, Gpr x, Gpr columns, Vec share, Vec epsilon, Vec centre) {
    Vec[] sums = sums(code);
    try (var _ = code.scope()) {
      Vec value = code.vec();
      code.forVectors(
          columns,
          UNROLL,
          i -> {
            code.load(value, code.at(x, i));
            code.sub(value, value, centre);
            code.fillTail(value, 0);
            code.addProduct(sums[i], value, value);
          });
    }
    total(code, sums);
    code.mulAdd(sums[0], share, epsilon);
    code.asm.emit(VSQRTPS, sums[0], sums[0]);
    Vec one = code.constantVec(1);
    code.div(sums[0], one, sums[0]);
    code.free(one);
    return sums[0];
  }

  private static Vec[] sums(VectorCode code) {
    Vec[] sums = new Vec[UNROLL];
    for (int i = 0; i < UNROLL; i++) {
      sums[i] = code.zero();
    }
    return sums;
  }

  /// Adds the partial sums up in the first, in all lanes, and gives the others back.
  static void total(VectorCode code, Vec[] sums) {
    for (int step = 1; step < sums.length; step *= 2) {
      for (int i = 0; i + step < sums.length; i += 2 * step) {
        code.add(sums[i], sums[i], sums[i + step]);
      }
    }
    for (int i = 1; i < sums.length; i++) {
      code.free(sums[i]);
    }
    code.sumLanes(sums[0]);
  }

  byte[] emitBackward(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Gpr gain = code.argument(GAIN);
    Gpr out = code.argument(OUT);
    Gpr mean = code.argument(MEAN);
    Gpr rstd = code.argument(RSTD);
    Gpr outGradient = code.argument(OUT_GRADIENT);
    Gpr gainGradient = code.argument(GAIN_GRADIENT);
    Gpr biasGradient = code.argument(BIAS_GRADIENT);
    Gpr offset = code.gpr();
    asm.xor(offset, offset);
    code.countDown(
        rows,
        () -> {
          try (var _ = code.scope()) {
            Vec scale = code.vec();
            code.broadcast(scale, Address.at(rstd));
            Vec centre = code.vec();
            if (centred) {
              code.broadcast(centre, Address.at(mean));
            }
            Vec sum = code.zero();
            Vec dot = code.zero();
            Vec normed = code.vec();
            Vec gradient = code.vec();
            Vec other = code.vec();
            code.forVectors(
                columns,
                1,
                i -> {
                  normed(code, normed, x, centre, scale);
                  code.load(gradient, code.at(outGradient, 0));
                  code.load(other, code.at(gainGradient, 0));
                  code.addProduct(other, gradient, normed);
                  code.store(code.at(gainGradient, 0), other);
                  if (centred) {
                    code.load(other, code.at(biasGradient, 0));
                    code.add(other, other, gradient);
                    code.store(code.at(biasGradient, 0), other);
                  }
                  code.load(other, code.at(gain, 0));
                  code.mul(gradient, gradient, other);
                  code.fillTail(gradient, 0);
                  if (centred) {
                    code.add(sum, sum, gradient);
                  }
                  code.addProduct(dot, gradient, normed);
                });
            code.broadcast(other, VectorCode.slot(SHARE));
            code.sumLanes(dot);
            code.mul(dot, dot, other);
            if (centred) {
              code.sumLanes(sum);
              code.mul(sum, sum, other);
            }
            code.forVectors(
                columns,
                1,
                i -> {
                  normed(code, normed, x, centre, scale);
                  code.load(gradient, code.at(outGradient, 0));
                  code.load(other, code.at(gain, 0));
                  code.mul(gradient, gradient, other);
                  if (centred) {
                    code.sub(gradient, gradient, sum);
                  }
                  code.subProduct(gradient, normed, dot);
                  code.mul(gradient, gradient, scale);
                  code.store(code.at(out, 0), gradient);
                });
          }
          if (centred) {
            asm.add(mean, 4);
          }
          asm.add(rstd, 4);
          asm.mov(offset, columns);
          asm.shl(offset, 2);
          asm.add(x, offset);
          asm.add(out, offset);
          asm.add(outGradient, offset);
        });
    return code.finish();
  }

  private void normed(VectorCode code, Vec to, Gpr x, Vec centre, Vec scale) {
    code.load(to, code.at(x, 0));
    if (centred) {
      code.sub(to, to, centre);
    }
    code.mul(to, to, scale);
  }
}
