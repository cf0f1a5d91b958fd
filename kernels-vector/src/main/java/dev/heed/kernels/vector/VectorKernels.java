package dev.heed.kernels.vector;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The operations over F32 tensors by the Vector API; other types, and what is not overridden, are
/// the reference's.
public final class VectorKernels extends ReferenceKernels {
  private static final int CHUNK = 1 << 10;

  @Override
  public String name() {
    return "vector " + 8 * Lanes.BYTES;
  }

  private static boolean isF32(@Nullable Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor != null && tensor.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable MemorySegment memory(@Nullable Tensor tensor) {
    return tensor == null ? null : tensor.memory();
  }

  // Products

  @Override
  public boolean keepsBf16() {
    return false;
  }

  @Override
  public void matmul(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor out, boolean addToOut) {
    if (!isF32(a, b, out)) {
      super.matmul(a, transposeA, b, transposeB, out, addToOut);
      return;
    }
    Matmul.multiply(
        out.shape().dimension(0),
        out.shape().dimension(1),
        a.shape().dimension(transposeA ? 0 : 1),
        new Matrix(a.memory(), 0, a.shape().width(), transposeA),
        new Matrix(b.memory(), 0, b.shape().width(), transposeB),
        out.memory(),
        addToOut,
        null);
  }

  @Override
  public void linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual,
      @Nullable Tensor beforeActivation,
      Tensor out) {
    if (!isF32(x, weight, bias, residual, beforeActivation, out)) {
      super.linear(x, weight, bias, activation, residual, beforeActivation, out);
      return;
    }
    int n = weight.shape().dimension(0);
    int k = weight.shape().dimension(1);
    boolean plain =
        bias == null
            && residual == null
            && beforeActivation == null
            && activation == Activation.NONE;
    Matmul.multiply(
        x.shape().rows(),
        n,
        k,
        new Matrix(x.memory(), 0, k, false),
        new Matrix(weight.memory(), 0, k, true),
        out.memory(),
        false,
        plain
            ? null
            : new Epilogue(activation, memory(bias), memory(residual), memory(beforeActivation)));
  }

  @Override
  public void addColumnSums(Tensor x, Tensor sums) {
    if (!isF32(x, sums)) {
      super.addColumnSums(x, sums);
      return;
    }
    Rows.addColumnSums(x.memory(), x.shape().rows(), x.shape().width(), sums.memory());
  }

  // Attention

  @Override
  public void attention(
      Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Tensor out, Tensor logSumExp) {
    boolean limited = AttentionCall.isSightLimited(arguments);
    if (!isF32(q, k, v, arguments.relativeBias(), out, logSumExp) || (limited && !areFinite(v))) {
      super.attention(q, k, v, arguments, out, logSumExp);
      return;
    }
    Attention.forward(q, k, v, arguments, out, logSumExp);
  }

  @Override
  public void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments arguments,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient) {
    Tensor bias = arguments.relativeBias();
    boolean f32 =
        isF32(
            q,
            k,
            v,
            bias,
            out,
            logSumExp,
            outGradient,
            qGradient,
            kGradient,
            vGradient,
            biasGradient);
    boolean limited = AttentionCall.isSightLimited(arguments);
    if (!f32 || (limited && !areFinite(q, k, outGradient))) {
      super.attentionBackward(
          q,
          k,
          v,
          arguments,
          out,
          logSumExp,
          outGradient,
          qGradient,
          kGradient,
          vGradient,
          biasGradient);
      return;
    }
    AttentionBackward.Gradients gradients =
        new AttentionBackward.Gradients(
            out.memory(),
            logSumExp.memory(),
            outGradient.memory(),
            qGradient.memory(),
            kGradient.memory(),
            vGradient.memory());
    AttentionBackward.backward(q, k, v, arguments, gradients, biasGradient);
  }

  /// Where sight is limited, the product of a weight of 0 and something infinite would be NaN,
  /// though what a query does not see contributes nothing.
  private static boolean areFinite(Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (!Learning.isFinite(tensor.memory(), tensor.elements())) {
        return false;
      }
    }
    return true;
  }

  // Norms

  @Override
  public void layerNorm(
      Tensor x,
      Tensor gain,
      @Nullable Tensor bias,
      double epsilon,
      Tensor out,
      Tensor mean,
      Tensor rstd) {
    if (!isF32(x, gain, bias, out, mean, rstd)) {
      super.layerNorm(x, gain, bias, epsilon, out, mean, rstd);
      return;
    }
    norms(x, gain, mean, rstd).forward(memory(bias), epsilon, out.memory());
  }

  @Override
  public void rmsNorm(Tensor x, Tensor gain, double epsilon, Tensor out, Tensor rstd) {
    if (!isF32(x, gain, out, rstd)) {
      super.rmsNorm(x, gain, epsilon, out, rstd);
      return;
    }
    norms(x, gain, null, rstd).forward(null, epsilon, out.memory());
  }

  @Override
  public void layerNormBackward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient,
      @Nullable Tensor biasGradient) {
    if (!isF32(x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient)) {
      super.layerNormBackward(
          x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient);
      return;
    }
    norms(x, gain, mean, rstd)
        .backward(
            outGradient.memory(), xGradient.memory(), memory(gainGradient), memory(biasGradient));
  }

  @Override
  public void rmsNormBackward(
      Tensor x,
      Tensor gain,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient) {
    if (!isF32(x, gain, rstd, outGradient, xGradient, gainGradient)) {
      super.rmsNormBackward(x, gain, rstd, outGradient, xGradient, gainGradient);
      return;
    }
    norms(x, gain, null, rstd)
        .backward(outGradient.memory(), xGradient.memory(), memory(gainGradient), null);
  }

  private static Norms norms(Tensor x, Tensor gain, @Nullable Tensor mean, Tensor rstd) {
    return new Norms(
        x.shape().rows(),
        x.shape().width(),
        x.memory(),
        gain.memory(),
        memory(mean),
        rstd.memory());
  }

  // Element by element

  @Override
  public void activation(Activation activation, Tensor x, Tensor out) {
    if (!isF32(x, out)) {
      super.activation(activation, x, out);
      return;
    }
    MemorySegment from = x.memory();
    MemorySegment to = out.memory();
    Rows.forElements(
        x.elements(), 2, (at, count) -> Activations.value(activation, from, at, to, at, count));
  }

  @Override
  public void activationBackward(
      Activation activation, Tensor x, Tensor outGradient, Tensor xGradient) {
    if (!isF32(x, outGradient, xGradient)) {
      super.activationBackward(activation, x, outGradient, xGradient);
      return;
    }
    MemorySegment from = x.memory();
    MemorySegment g = outGradient.memory();
    MemorySegment to = xGradient.memory();
    forChunks(
        x.elements(),
        2,
        (at, count, chunk) -> {
          Activations.slope(activation, from, at, chunk, 0, count);
          Elementwise.multiply(chunk, 0, g, at, to, at, count);
        });
  }

  @Override
  public void gated(Activation activation, Tensor gate, Tensor up, Tensor out) {
    if (!isF32(gate, up, out)) {
      super.gated(activation, gate, up, out);
      return;
    }
    MemorySegment g = gate.memory();
    MemorySegment u = up.memory();
    MemorySegment to = out.memory();
    forChunks(
        gate.elements(),
        2,
        (at, count, chunk) -> {
          Activations.value(activation, g, at, chunk, 0, count);
          Elementwise.multiply(chunk, 0, u, at, to, at, count);
        });
  }

  @Override
  public void gatedBackward(
      Activation activation,
      Tensor gate,
      Tensor up,
      Tensor outGradient,
      Tensor gateGradient,
      Tensor upGradient) {
    if (!isF32(gate, up, outGradient, gateGradient, upGradient)) {
      super.gatedBackward(activation, gate, up, outGradient, gateGradient, upGradient);
      return;
    }
    MemorySegment g = gate.memory();
    MemorySegment u = up.memory();
    MemorySegment dOut = outGradient.memory();
    MemorySegment dGate = gateGradient.memory();
    MemorySegment dUp = upGradient.memory();
    forChunks(
        gate.elements(),
        4,
        (at, count, chunk) -> {
          Activations.slope(activation, g, at, chunk, 0, count);
          Elementwise.multiply(chunk, 0, u, at, chunk, 0, count);
          Elementwise.multiply(chunk, 0, dOut, at, dGate, at, count);
          Activations.value(activation, g, at, chunk, 0, count);
          Elementwise.multiply(chunk, 0, dOut, at, dUp, at, count);
        });
  }

  /// `count` floats from byte `at` on, with memory for as many intermediate values.
  private interface Chunk {
    void run(long at, int count, MemorySegment chunk);
  }

  /// Runs `body` over parts of an array that fit into the first-level cache several times.
  private static void forChunks(long elements, int workPerElement, Chunk body) {
    Rows.forElements(
        elements,
        workPerElement,
        (offset, count) -> {
          try (Scratch scratch = Scratch.take(CHUNK)) {
            for (int i = 0; i < count; i += CHUNK) {
              body.run(offset + 4L * i, Math.min(CHUNK, count - i), scratch.memory());
            }
          }
        });
  }

  /// Whether `repeated` fits a whole number of times into `tensor`.
  private static boolean canRepeat(Tensor repeated, Tensor tensor) {
    long period = repeated.elements();
    return period > 0 && period <= Integer.MAX_VALUE && tensor.elements() % period == 0;
  }

  @Override
  public void add(Tensor a, Tensor b, double factor, Tensor out) {
    if (!isF32(a, b, out) || !canRepeat(b, a)) {
      super.add(a, b, factor, out);
      return;
    }
    MemorySegment x = a.memory();
    MemorySegment y = b.memory();
    MemorySegment to = out.memory();
    float f = (float) factor;
    if (a.elements() == b.elements()) {
      Rows.forElements(
          a.elements(), 1, (at, count) -> Elementwise.add(x, at, y, at, f, to, at, count));
    } else {
      forPeriods(a, b, (at, count) -> Elementwise.add(x, at, y, 0, f, to, at, count));
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    if (!isF32(a, b, out) || !canRepeat(b, a)) {
      super.multiply(a, b, out);
      return;
    }
    MemorySegment x = a.memory();
    MemorySegment y = b.memory();
    MemorySegment to = out.memory();
    if (a.elements() == b.elements()) {
      Rows.forElements(
          a.elements(), 1, (at, count) -> Elementwise.multiply(x, at, y, at, to, at, count));
    } else {
      forPeriods(a, b, (at, count) -> Elementwise.multiply(x, at, y, 0, to, at, count));
    }
  }

  /// Runs `body` over each part of `tensor` that is as long as `repeated`.
  private static void forPeriods(Tensor tensor, Tensor repeated, Rows.Part body) {
    int width = Math.toIntExact(repeated.elements());
    Rows.forRows(
        tensor.elements() / width,
        width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            body.run(4 * row * width, width);
          }
        });
  }

  @Override
  public void scale(Tensor x, double factor, Tensor out) {
    if (!isF32(x, out)) {
      super.scale(x, factor, out);
      return;
    }
    MemorySegment from = x.memory();
    MemorySegment to = out.memory();
    float f = (float) factor;
    Rows.forElements(x.elements(), 1, (at, count) -> Elementwise.scale(from, at, f, to, at, count));
  }

  @Override
  public void dropout(Tensor x, double rate, long key, Tensor out) {
    if (!isF32(x, out)) {
      super.dropout(x, rate, key, out);
      return;
    }
    int width = x.shape().width();
    int threshold = CounterRandom.threshold(rate);
    float kept = (float) (1 / (1 - rate));
    MemorySegment from = x.memory();
    MemorySegment to = out.memory();
    Rows.forRows(
        x.shape().rows(),
        2L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            int rowKey = CounterRandom.rowKey(key, row);
            Elementwise.dropout(from, to, 4 * row * width, width, rowKey, threshold, kept);
          }
        });
  }

  // Rows

  @Override
  public void softmax(Tensor x, Tensor out) {
    if (!isF32(x, out)) {
      super.softmax(x, out);
      return;
    }
    int width = x.shape().width();
    MemorySegment from = x.memory();
    MemorySegment to = out.memory();
    Rows.forRows(
        x.shape().rows(),
        4L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            Softmax.forward(from, to, 4 * row * width, width);
          }
        });
  }

  @Override
  public void softmaxBackward(Tensor out, Tensor outGradient, Tensor xGradient) {
    if (!isF32(out, outGradient, xGradient)) {
      super.softmaxBackward(out, outGradient, xGradient);
      return;
    }
    int width = out.shape().width();
    MemorySegment p = out.memory();
    MemorySegment g = outGradient.memory();
    MemorySegment to = xGradient.memory();
    Rows.forRows(
        out.shape().rows(),
        2L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            Softmax.backward(p, g, to, 4 * row * width, width);
          }
        });
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, double smoothing, Tensor losses, double gradientScale) {
    if (!isF32(logits, losses)) {
      super.crossEntropy(logits, targets, smoothing, losses, gradientScale);
      return;
    }
    int width = logits.shape().width();
    MemorySegment x = logits.memory();
    MemorySegment wanted = targets.memory();
    MemorySegment to = losses.memory();
    requireBelow(wanted, targets.elements(), width);
    Rows.forRows(
        logits.shape().rows(),
        4L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            int target = wanted.getAtIndex(ValueLayout.JAVA_INT, row);
            long at = 4 * row * width;
            float loss = Softmax.crossEntropy(x, at, width, target, smoothing, gradientScale);
            to.setAtIndex(ValueLayout.JAVA_FLOAT, row, loss);
          }
        });
  }

  private static void requireBelow(MemorySegment targets, long count, int classes) {
    for (long i = 0; i < count; i++) {
      int target = targets.getAtIndex(ValueLayout.JAVA_INT, i);
      if (target >= classes) {
        throw new IndexOutOfBoundsException(
            "a target must be below the number of classes: received " + target + " of " + classes);
      }
    }
  }

  @Override
  public void gather(Tensor table, Tensor ids, double factor, Tensor out) {
    if (!isF32(table, out)) {
      super.gather(table, ids, factor, out);
      return;
    }
    int width = table.shape().width();
    MemorySegment from = table.memory();
    MemorySegment id = ids.memory();
    MemorySegment to = out.memory();
    Rows.forRows(
        ids.elements(),
        width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long source = 4L * id.getAtIndex(ValueLayout.JAVA_INT, row) * width;
            Elementwise.scale(from, source, (float) factor, to, 4 * row * width, width);
          }
        });
  }

  @Override
  public void scatterAdd(Tensor outGradient, Tensor ids, double factor, Tensor tableGradient) {
    if (!isF32(outGradient, tableGradient)) {
      super.scatterAdd(outGradient, ids, factor, tableGradient);
      return;
    }
    int width = tableGradient.shape().width();
    long rows = ids.elements();
    MemorySegment g = outGradient.memory();
    MemorySegment id = ids.memory();
    MemorySegment to = tableGradient.memory();
    float f = (float) factor;
    // A task takes the ids with its remainder, so that each table row has its rows added in order.
    int tasks = (int) Math.clamp(rows * width >> 15, 1, 16);
    Parallel.run(
        tasks,
        task -> {
          for (long row = 0; row < rows; row++) {
            int index = id.getAtIndex(ValueLayout.JAVA_INT, row);
            if (Math.floorMod(index, tasks) == task) {
              long target = 4L * index * width;
              Elementwise.add(to, target, g, 4 * row * width, f, to, target, width);
            }
          }
        });
  }

  // Cells of recurrent layers

  @Override
  public void lstmCell(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states) {
    if (!isF32(gates, cellsBefore, cells, states)) {
      super.lstmCell(gates, cellsBefore, cells, states);
      return;
    }
    Cells.lstm(gates, cellsBefore, cells, states);
  }

  @Override
  public void lstmCellBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients) {
    if (!isF32(gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients)) {
      super.lstmCellBackward(gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients);
      return;
    }
    Cells.lstmBackward(gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients);
  }

  @Override
  public void gruCell(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states) {
    if (!isF32(gates, stateParts, statesBefore, states)) {
      super.gruCell(gates, stateParts, statesBefore, states);
      return;
    }
    Cells.gru(gates, stateParts, statesBefore, states);
  }

  @Override
  public void gruCellBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients) {
    if (!isF32(gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients)) {
      super.gruCellBackward(
          gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients);
      return;
    }
    Cells.gruBackward(gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients);
  }

  // Learning

  @Override
  public double sumOfSquares(Tensor x) {
    return isF32(x) ? Learning.sum(x.memory(), x.elements(), true) : super.sumOfSquares(x);
  }

  @Override
  public double sum(Tensor x) {
    return isF32(x) ? Learning.sum(x.memory(), x.elements(), false) : super.sum(x);
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor mean,
      Tensor variance,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long step,
      double gradientScale) {
    if (!isF32(parameter, gradient, mean, variance)) {
      super.adamW(
          parameter,
          gradient,
          mean,
          variance,
          learningRate,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          step,
          gradientScale);
      return;
    }
    Learning.Step constants =
        Learning.Step.of(learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale);
    MemorySegment p = parameter.memory();
    MemorySegment g = gradient.memory();
    MemorySegment m = mean.memory();
    MemorySegment v = variance.memory();
    Rows.forElements(
        parameter.elements(), 2, (at, count) -> Learning.adamW(constants, p, g, m, v, at, count));
  }
}
