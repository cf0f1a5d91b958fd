package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// Softmax over rows, its backward, and softmax with cross-entropy.
final class SoftmaxCode {
  /// Slots of the argument block; all rows are contiguous.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int X = 2;
  static final int OUT = 3;

  /// Backward: the gradient of the output.
  static final int OUT_GRADIENT = 4;

  /// Cross-entropy: the class of each row (I32), and where its loss goes.
  static final int TARGETS = 5;

  static final int LOSSES = 6;

  /// Cross-entropy, floats: smoothing / columns, 1 − smoothing, and the factor of the gradient.
  static final int SMOOTHED = 7;

  static final int CERTAIN = 8;
  static final int GRADIENT_SCALE = 9;

  /// Cross-entropy: 1 to replace the logits by their gradient.
  static final int WITH_GRADIENT = 10;

  private static final int UNROLL = 4;

  private SoftmaxCode() {}

  static byte[] forward(Level level) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Gpr out = code.argument(OUT);
    Gpr width = rowBytes(code, columns);
    code.countDown(
        rows,
        () -> {
          try (var _ = code.scope()) {
            Vec max = finiteMax(code, x, columns);
            Vec sum = code.zero();
            Vec value = code.vec();
            code.forVectors(
                columns,
                1,
                i -> {
                  code.load(value, code.at(x, 0));
                  code.sub(value, value, max);
                  Functions.expOrZero(code, value);
                  code.store(code.at(out, 0), value);
                  code.fillTail(value, 0);
                  code.add(sum, sum, value);
                });
            code.sumLanes(sum);
            Vec zero = code.zero();
            code.broadcastConstant(value, 1);
            code.div(value, value, sum);
            // A row of −∞ has the sum 0, and gives zeros.
            code.select(sum, VectorCode.EQUAL, sum, zero, zero, value);
            code.forVectors(
                columns,
                1,
                i -> {
                  code.load(value, code.at(out, 0));
                  code.mul(value, value, sum);
                  code.store(code.at(out, 0), value);
                });
          }
          code.asm.add(x, width);
          code.asm.add(out, width);
        });
    return code.finish();
  }

  /// xGradient = out · (outGradient − Σ out · outGradient); [#X] is the gradient that is written.
  static byte[] backward(Level level) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr gradient = code.argument(X);
    Gpr out = code.argument(OUT);
    Gpr outGradient = code.argument(OUT_GRADIENT);
    Gpr width = rowBytes(code, columns);
    code.countDown(
        rows,
        () -> {
          try (var _ = code.scope()) {
            Vec dot = code.zero();
            Vec p = code.vec();
            Vec g = code.vec();
            code.forVectors(
                columns,
                1,
                i -> {
                  code.load(p, code.at(out, 0));
                  code.load(g, code.at(outGradient, 0));
                  code.addProduct(dot, p, g);
                });
            code.sumLanes(dot);
            code.forVectors(
                columns,
                1,
                i -> {
                  code.load(p, code.at(out, 0));
                  code.load(g, code.at(outGradient, 0));
                  code.sub(g, g, dot);
                  code.mul(p, p, g);
                  code.store(code.at(gradient, 0), p);
                });
          }
          code.asm.add(gradient, width);
          code.asm.add(out, width);
          code.asm.add(outGradient, width);
        });
    return code.finish();
  }

  /// loss = ln Σ exp x − certain·x(target) − smoothed·Σ x; and the gradient in place of the logits.
  static byte[] crossEntropy(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr x = code.argument(X);
    Gpr targets = code.argument(TARGETS);
    Gpr losses = code.argument(LOSSES);
    Gpr width = rowBytes(code, columns);
    Gpr target = code.gpr();
    code.countDown(
        rows,
        () -> {
          Label skipped = new Label();
          Label next = new Label();
          asm.movsxd(target, Address.at(targets));
          asm.test(target, target);
          asm.jump(Condition.NEGATIVE, skipped);
          crossEntropyRow(code, columns, x, target, losses, next);
          asm.bind(skipped);
          skippedRow(code, columns, x, losses, next);
          asm.bind(next);
          asm.add(x, width);
          asm.add(targets, 4);
          asm.add(losses, 4);
        });
    return code.finish();
  }

  private static void crossEntropyRow(
      VectorCode code, Gpr columns, Gpr x, Gpr target, Gpr losses, Label next) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec max = finiteMax(code, x, columns);
      Vec sum = code.zero();
      Vec total = code.zero();
      Vec value = code.vec();
      code.forVectors(
          columns,
          1,
          i -> {
            code.load(value, code.at(x, 0));
            code.add(total, total, value);
            code.sub(value, value, max);
            Functions.expOrZero(code, value);
            code.fillTail(value, 0);
            code.add(sum, sum, value);
          });
      code.sumLanes(sum);
      code.sumLanes(total);
      Functions.log(code, sum);
      // ln Σ exp x
      Vec normalizer = sum;
      code.add(normalizer, normalizer, max);
      Vec factor = code.floatArgument(SMOOTHED);
      Vec loss = max;
      code.move(loss, normalizer);
      // Without smoothing the sum does not count, even if it is infinite.
      Vec zero = code.zero();
      code.select(total, VectorCode.EQUAL, factor, zero, zero, total);
      code.subProduct(loss, factor, total);
      code.broadcast(value, Address.at(x, target, 4));
      code.broadcast(factor, VectorCode.slot(CERTAIN));
      code.subProduct(loss, factor, value);
      asm.emit(VMOVSS_STORE, Address.at(losses), loss.as(16));
      Gpr wanted = code.gpr();
      asm.mov(wanted, VectorCode.slot(WITH_GRADIENT));
      asm.test(wanted, wanted);
      asm.jump(Condition.ZERO, next);
      Vec scale = code.floatArgument(GRADIENT_SCALE);
      Vec smoothed = code.floatArgument(SMOOTHED);
      code.forVectors(
          columns,
          1,
          i -> {
            code.load(value, code.at(x, 0));
            code.sub(value, value, normalizer);
            Functions.expOrZero(code, value);
            code.sub(value, value, smoothed);
            code.mul(value, value, scale);
            code.store(code.at(x, 0), value);
          });
      code.mul(factor, factor, scale);
      asm.emit(VMOVSS, value.as(16), Address.at(x, target, 4));
      code.sub(value, value, factor);
      asm.emit(VMOVSS_STORE, Address.at(x, target, 4), value.as(16));
      asm.jmp(next);
    }
  }

  private static void skippedRow(VectorCode code, Gpr columns, Gpr x, Gpr losses, Label next) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr zeros = code.gpr();
      asm.xor(zeros, zeros);
      asm.mov32(Address.at(losses), zeros);
      asm.mov(zeros, VectorCode.slot(WITH_GRADIENT));
      asm.test(zeros, zeros);
      asm.jump(Condition.ZERO, next);
      Vec zero = code.zero();
      code.forVectors(columns, 1, i -> code.store(code.at(x, 0), zero));
    }
  }

  private static Gpr rowBytes(VectorCode code, Gpr columns) {
    Gpr width = code.gpr();
    code.asm.mov(width, columns);
    code.asm.shl(width, 2);
    return width;
  }

  /// A new register with the row's largest element in all lanes, 0 where that is −∞.
  private static Vec finiteMax(VectorCode code, Gpr x, Gpr columns) {
    Vec[] max = new Vec[UNROLL];
    for (int i = 0; i < UNROLL; i++) {
      max[i] = code.constantVec(Float.NEGATIVE_INFINITY);
    }
    try (var _ = code.scope()) {
      Vec value = code.vec();
      code.forVectors(
          columns,
          UNROLL,
          i -> {
            code.load(value, code.at(x, i));
            code.fillTail(value, Float.NEGATIVE_INFINITY);
            code.max(max[i], max[i], value);
          });
      code.max(max[0], max[0], max[1]);
      code.max(max[2], max[2], max[3]);
      code.max(max[0], max[0], max[2]);
      code.maxLanes(max[0]);
      code.broadcastConstant(value, Float.NEGATIVE_INFINITY);
      Vec zero = code.zero();
      code.select(max[0], VectorCode.EQUAL, max[0], value, zero, max[0]);
    }
    code.free(max[1], max[2], max[3]);
    return max[0];
  }
}
