package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Precision;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether emitted kernels compute on this machine what the reference does: a processor, a virtual
/// machine or an emulator may claim instructions that it does not carry out.
///
/// Each operation runs once on small inputs of odd sizes. A wrong instruction gives wrong numbers,
/// not slightly different ones, so the comparison is coarse; that the kernels are exact is for the
/// tests of this module. What may be rounded to bfloat16 runs a second time so.
final class SelfTest {
  private static final double TOLERANCE = 1e-3;
  private static final double BFLOAT_TOLERANCE = 0.05;

  private interface Operations {
    void run(Kernels kernels, List<Tensor> out);
  }

  private final Kernels kernels;
  private final Kernels reference = new ReferenceKernels();
  private final double tolerance;
  private int inputs;

  private SelfTest(Kernels kernels, double tolerance) {
    this.kernels = kernels;
    this.tolerance = tolerance;
  }

  /// The first operation that does not agree, empty if all do; whatever precision the caller
  /// computes in.
  static Optional<String> failure(Kernels kernels) {
    SelfTest test = new SelfTest(kernels, TOLERANCE);
    SelfTest rounded = new SelfTest(kernels, BFLOAT_TOLERANCE);
    return Precision.FP32
        .compute(() ->
            test.products()
                .or(test::attention)
                .or(test::norms)
                .or(test::elements)
                .or(test::cells)
                .or(test::learning))
        .or(() -> Precision.BF16.compute(() -> rounded.products().or(rounded::attention)));
  }

  private Optional<String> products() {
    // Large enough for products of bfloat16, too.
    Tensor a = input(37, 35);
    Tensor b = input(35, 53);
    Tensor weight = input(53, 35);
    Tensor gradient = input(37, 53);
    Tensor bias = input(53);
    return compare(
            "matmul",
            (k, out) -> {
              k.matmul(a, false, b, false, output(out, 37, 53), false);
              k.matmul(a, false, weight, true, output(out, 37, 53), false);
              k.matmul(gradient, true, a, false, output(out, 53, 35), true);
            })
        .or(() ->
            compare(
                "linear",
                (k, out) -> {
                  Tensor before = output(out, 37, 53);
                  k.linear(a, weight, bias, Activation.GELU, gradient, before, output(out, 37, 53));
                  k.linear(
                      input(1, 35), weight, null, Activation.NONE, null, null, output(out, 1, 53));
                  k.addColumnSums(gradient, output(out, 53));
                }))
        .or(this::productOfBytes);
  }

  /// Columns of a whole run and of a part of one.
  private Optional<String> productOfBytes() {
    Tensor x = input(37, 160);
    Tensor weight = bytes(53, 160);
    Tensor bias = input(53);
    return compare(
        "product of 8 bits",
        (k, out) -> {
          k.linear(x, weight, bias, Activation.NONE, null, null, output(out, 37, 53));
          Tensor row = x.rows(0, 1);
          k.linear(row, weight, null, Activation.NONE, null, null, output(out, 1, 53));
        });
  }

  private Optional<String> attention() {
    Sequences sequences = Sequences.ofLengths(19, 1, 33);
    AttentionArguments full = AttentionArguments.full(2, sequences, sequences, 0.25);
    Tensor q = input(53, 32);
    Tensor key = input(53, 32);
    Tensor value = input(53, 32);
    Tensor gradient = input(53, 32);
    for (AttentionArguments arguments : List.of(full, full.causal())) {
      Optional<String> failure =
          compare(
              "attention",
              (k, out) -> {
                Tensor result = output(out, 53, 32);
                Tensor logSumExp = output(out, 53, 2);
                k.attention(q, key, value, arguments, result, logSumExp);
                k.attentionBackward(
                    q,
                    key,
                    value,
                    arguments,
                    result,
                    logSumExp,
                    gradient,
                    output(out, 53, 32),
                    output(out, 53, 32),
                    output(out, 53, 32),
                    null);
              });
      if (failure.isPresent()) {
        return failure;
      }
    }
    return Optional.empty();
  }

  private Optional<String> norms() {
    Tensor x = input(7, 45);
    Tensor gain = input(45);
    Tensor bias = input(45);
    Tensor gradient = input(7, 45);
    return compare(
            "layer norm",
            (k, out) -> {
              Tensor mean = output(out, 7);
              Tensor rstd = output(out, 7);
              k.layerNorm(x, gain, bias, 1e-5, output(out, 7, 45), mean, rstd);
              Tensor xGradient = output(out, 7, 45);
              Tensor gainGradient = output(out, 45);
              Tensor biasGradient = output(out, 45);
              k.layerNormBackward(
                  x, gain, mean, rstd, gradient, xGradient, gainGradient, biasGradient);
            })
        .or(() ->
            compare(
                "RMS norm",
                (k, out) -> {
                  Tensor rstd = output(out, 7);
                  k.rmsNorm(x, gain, 1e-6, output(out, 7, 45), rstd);
                  k.rmsNormBackward(x, gain, rstd, gradient, output(out, 7, 45), output(out, 45));
                }));
  }

  private Optional<String> cells() {
    Tensor before = input(3, 21);
    Tensor gradient = input(3, 21);
    Tensor lstm = input(3, 84);
    Tensor gru = input(3, 63);
    Tensor parts = input(3, 63);
    return compare(
        "cells of recurrent layers",
        (k, out) -> {
          Tensor gates = copied(out, lstm.copy());
          Tensor cells = output(out, 3, 21);
          k.lstmCell(gates, before, cells, output(out, 3, 21));
          Tensor carried = copied(out, gradient.copy());
          k.lstmCellBackward(gates, before, cells, gradient, carried, output(out, 3, 84));
          Tensor ofTokens = copied(out, gru.copy());
          k.gruCell(ofTokens, parts, before, output(out, 3, 21));
          Tensor hidden = copied(out, gradient.copy());
          k.gruCellBackward(
              ofTokens, parts, before, hidden, output(out, 3, 63), output(out, 3, 63));
        });
  }

  private Optional<String> elements() {
    Tensor x = input(7, 45);
    Tensor y = input(7, 45);
    Tensor gradient = input(7, 45);
    for (Activation activation : Activation.values()) {
      Optional<String> failure =
          compare(
              "activation " + activation,
              (k, out) -> {
                k.activation(activation, x, output(out, 7, 45));
                k.activationBackward(activation, x, gradient, output(out, 7, 45));
                k.gated(activation, x, y, output(out, 7, 45));
                Tensor ofX = output(out, 7, 45);
                k.gatedBackward(activation, x, y, gradient, ofX, output(out, 7, 45));
              });
      if (failure.isPresent()) {
        return failure;
      }
    }
    Tensor ids = Tensor.of(new int[] {3, 0, 6, 3}, 4);
    return compare(
            "arithmetic",
            (k, out) -> {
              k.add(x, y, 0.5, output(out, 7, 45));
              k.multiply(x, y, output(out, 7, 45));
              k.scale(x, -2, output(out, 7, 45));
              k.dropout(x, 0.3, 5, output(out, 7, 45));
              k.softmax(x, output(out, 7, 45));
            })
        .or(() ->
            compare(
                "gather",
                (k, out) -> {
                  k.gather(x, ids, 2, output(out, 4, 45));
                  k.scatterAdd(input(4, 45), ids, 2, output(out, 7, 45));
                }));
  }

  private Optional<String> learning() {
    Tensor targets = Tensor.of(new int[] {3, -1, 44, 0, 7, 20, 31}, 7);
    return compare(
            "cross-entropy",
            (k, out) -> {
              Tensor logits = copied(out, input(7, 45));
              k.crossEntropy(logits, targets, 0.1, output(out, 7), 1);
            })
        .or(() ->
            compare(
                "AdamW",
                (k, out) -> {
                  Tensor parameter = copied(out, input(7, 45));
                  Tensor mean = copied(out, input(7, 45));
                  Tensor variance = output(out, 7, 45);
                  k.adamW(
                      parameter, input(7, 45), mean, variance, 0.1, 0.9, 0.99, 1e-8, 0.01, 3, 0.5);
                  float sum = (float) k.sumOfSquares(parameter);
                  out.add(Tensor.of(new float[] {sum, (float) k.sum(parameter)}, 2));
                }));
  }

  private Optional<String> compare(String what, Operations operations) {
    int before = inputs;
    List<Tensor> actual = new ArrayList<>();
    operations.run(kernels, actual);
    inputs = before;
    List<Tensor> expected = new ArrayList<>();
    operations.run(reference, expected);
    for (int i = 0; i < expected.size(); i++) {
      float[] a = actual.get(i).toFloatArray();
      float[] e = expected.get(i).toFloatArray();
      for (int j = 0; j < e.length; j++) {
        // Written so that NaN disagrees.
        if (!(Math.abs(a[j] - e[j]) <= tolerance * Math.max(1, Math.abs(e[j])))) {
          return Optional.of(
              "%s must give %s on this processor: received %s".formatted(what, e[j], a[j]));
        }
      }
    }
    return Optional.empty();
  }

  private Tensor input(int... shape) {
    float[] values = new float[(int) Shape.of(shape).elements()];
    long key = CounterRandom.key(1, 0, inputs++);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * CounterRandom.uniform(key, i) - 1);
    }
    return Tensor.of(values, shape);
  }

  /// Any codes, with other scales for neighbouring rows.
  private Tensor bytes(int rows, int width) {
    Tensor weight = Tensor.empty(Shape.of(rows, width), DType.I8);
    QuantizedLayout layout = QuantizedLayout.of(DType.I8);
    MemorySegment memory = weight.memory();
    long key = CounterRandom.key(1, 0, inputs++);
    for (long block = 0; block < memory.byteSize(); block += layout.blockBytes()) {
      for (int row = 0; row < QuantizedLayout.ROWS; row++) {
        short scale = Float.floatToFloat16((1 + row) / 1000f);
        memory.set(ValueLayout.JAVA_SHORT, block + 2 * row, scale);
      }
      for (int i = layout.headerBytes(); i < layout.blockBytes(); i++) {
        double code = 256 * CounterRandom.uniform(key, block + i);
        memory.set(ValueLayout.JAVA_BYTE, block + i, (byte) (int) code);
      }
    }
    return weight;
  }

  private static Tensor output(List<Tensor> out, int... shape) {
    Tensor tensor = Tensor.zeros(Shape.of(shape), DType.F32);
    out.add(tensor);
    return tensor;
  }

  private static Tensor copied(List<Tensor> out, Tensor tensor) {
    out.add(tensor);
    return tensor;
  }
}
