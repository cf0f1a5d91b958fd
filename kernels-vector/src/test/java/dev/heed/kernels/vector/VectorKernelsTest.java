package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Agreement.assertClose;
import static dev.heed.kernels.vector.Agreement.assertSameBits;
import static dev.heed.kernels.vector.Agreement.random;
import static dev.heed.kernels.vector.Agreement.set;
import static dev.heed.kernels.vector.Agreement.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every operation against the reference, at odd sizes.
class VectorKernelsTest {
  private static final int[] WIDTHS = {1, 3, 8, 13, 31, 64, 207};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final Kernels kernels = new VectorKernels();

  /// Runs `operation`, which returns the tensors it wrote, by both implementations.
  private void compare(
      String what, double tolerance, BiFunction<Kernels, String, List<Tensor>> operation) {
    List<Tensor> actual = operation.apply(kernels, what);
    List<Tensor> expected = operation.apply(REFERENCE, what);
    for (int i = 0; i < actual.size(); i++) {
      assertClose(actual.get(i), expected.get(i), tolerance, what + ", output " + i);
    }
  }

  private static Tensor withSpecials(Tensor x) {
    float[] specials = {
      Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0f, 1e-40f, 100, -100, 1e30f
    };
    for (int i = 0; i < specials.length && i < x.elements(); i++) {
      set(x, i, specials[i]);
    }
    return x;
  }

  private static Tensor scaled(Tensor x, double factor) {
    REFERENCE.scale(x, factor, x);
    return x;
  }

  @ParameterizedTest
  @EnumSource
  void activationsAgree(Activation activation) {
    for (int width : WIDTHS) {
      compare(
          activation + " " + width,
          3e-6,
          (k, what) -> {
            Tensor x = scaled(random(width, 5, width), 8);
            Tensor out = zeros(5, width);
            k.activation(activation, x, out);
            Tensor slope = zeros(5, width);
            k.activationBackward(activation, x, random(2, 5, width), slope);
            Tensor gated = zeros(5, width);
            k.gated(activation, x, random(3, 5, width), gated);
            Tensor gate = zeros(5, width);
            Tensor up = zeros(5, width);
            Tensor g = random(4, 5, width);
            k.gatedBackward(activation, x, random(3, 5, width), g, gate, up);
            return List.of(out, slope, gated, gate, up);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "RELU", "TANH", "SIGMOID"})
  void activationsTreatSpecialValuesAsTheReferenceDoes(Activation activation) {
    compare(
        activation.name(),
        3e-6,
        (k, what) -> {
          Tensor x = withSpecials(random(1, 2, 13));
          Tensor out = zeros(2, 13);
          k.activation(activation, x, out);
          return List.of(out);
        });
  }

  @Test
  void cellsOfRecurrentLayersAgree() {
    for (int width : WIDTHS) {
      for (int rows : new int[] {1, 5}) {
        compare(
            "cells " + rows + " × " + width,
            3e-6,
            (k, what) -> {
              Tensor gates = scaled(random(1, rows, 4 * width), 8);
              Tensor before = random(2, rows, width);
              Tensor cells = zeros(rows, width);
              Tensor states = zeros(rows, width);
              k.lstmCell(gates, before, cells, states);
              Tensor carried = random(3, rows, width);
              Tensor gradients = zeros(rows, 4 * width);
              k.lstmCellBackward(gates, before, cells, random(4, rows, width), carried, gradients);
              Tensor ofTokens = scaled(random(5, rows, 3 * width), 8);
              Tensor ofState = random(6, rows, 3 * width);
              Tensor after = zeros(rows, width);
              k.gruCell(ofTokens, ofState, before, after);
              Tensor hidden = random(7, rows, width);
              Tensor tokenGradients = zeros(rows, 3 * width);
              Tensor stateGradients = zeros(rows, 3 * width);
              k.gruCellBackward(ofTokens, ofState, before, hidden, tokenGradients, stateGradients);
              return List.of(
                  gates,
                  cells,
                  states,
                  carried,
                  gradients,
                  ofTokens,
                  after,
                  hidden,
                  tokenGradients,
                  stateGradients);
            });
      }
    }
  }

  @Test
  void elementwiseOperationsAgree() {
    for (int width : WIDTHS) {
      compare(
          "elementwise " + width,
          1e-6,
          (k, what) -> {
            Tensor a = withSpecials(random(1, 7, width));
            Tensor b = random(2, 7, width);
            Tensor row = random(3, width);
            Tensor sum = zeros(7, width);
            Tensor repeated = zeros(7, width);
            Tensor product = zeros(7, width);
            Tensor repeatedProduct = zeros(7, width);
            Tensor scaled = zeros(7, width);
            k.add(a, b, -0.75, sum);
            k.add(a, row, 2, repeated);
            k.multiply(a, b, product);
            k.multiply(a, row, repeatedProduct);
            k.scale(a, 0.3, scaled);
            return List.of(sum, repeated, product, repeatedProduct, scaled);
          });
    }
  }

  @Test
  void dropoutDropsTheSameElements() {
    for (int width : WIDTHS) {
      compare(
          "dropout " + width,
          1e-6,
          (k, what) -> {
            Tensor out = zeros(9, width);
            k.dropout(random(1, 9, width), 0.2, 0x123456789ABCDEFL, out);
            return List.of(out);
          });
    }
  }

  @Test
  void normsAgree() {
    for (int width : WIDTHS) {
      compare(
          "norms " + width,
          1e-5,
          (k, what) -> {
            int n = 70;
            Tensor x = random(1, n, width);
            Tensor gain = random(2, width);
            Tensor bias = random(3, width);
            Tensor g = random(4, n, width);
            Tensor out = zeros(n, width);
            Tensor bare = zeros(n, width);
            Tensor mean = zeros(n);
            Tensor rstd = zeros(n);
            // A large epsilon, so that rows of one element are not divided by almost nothing.
            k.layerNorm(x, gain, null, 0.1, bare, mean, rstd);
            k.layerNorm(x, gain, bias, 0.1, out, mean, rstd);
            Tensor dx = zeros(n, width);
            Tensor dGain = random(5, width);
            Tensor dBias = random(6, width);
            k.layerNormBackward(x, gain, mean, rstd, g, dx, dGain, dBias);
            Tensor rms = zeros(n, width);
            Tensor rmsRstd = zeros(n);
            k.rmsNorm(x, gain, 0.1, rms, rmsRstd);
            Tensor rmsDx = zeros(n, width);
            Tensor rmsDGain = random(7, width);
            k.rmsNormBackward(x, gain, rmsRstd, g, rmsDx, rmsDGain);
            return List.of(bare, out, mean, rstd, dx, dGain, dBias, rms, rmsRstd, rmsDx, rmsDGain);
          });
    }
  }

  @Test
  void softmaxAgrees() {
    for (int width : WIDTHS) {
      compare(
          "softmax " + width,
          1e-6,
          (k, what) -> {
            Tensor x = scaled(random(1, 6, width), 20);
            for (int i = 0; i < width; i++) {
              set(x, 3L * width + i, Float.NEGATIVE_INFINITY);
            }
            Tensor out = zeros(6, width);
            k.softmax(x, out);
            Tensor dx = zeros(6, width);
            k.softmaxBackward(out, random(2, 6, width), dx);
            return List.of(out, dx);
          });
    }
  }

  @Test
  void aRowOfSoftmaxWithNaNIsAllNaN() {
    Tensor x = random(1, 2, 13);
    set(x, 5, Float.NaN);
    kernels.softmax(x, x);
    assertThat(x.rows(0, 1).toFloatArray()).containsOnly(Float.NaN);
    assertThat(x.rows(1, 2).toFloatArray()).doesNotContain(Float.NaN);
  }

  @Test
  void crossEntropyAgrees() {
    for (int width : WIDTHS) {
      for (double smoothing : new double[] {0, 0.1}) {
        for (double scale : new double[] {0, 0.25}) {
          compare(
              "crossEntropy " + width + " " + smoothing + " " + scale,
              2e-6,
              (k, what) -> {
                Tensor logits = scaled(random(1, 5, width), 5);
                Tensor targets = Tensor.of(new int[] {0, -1, width / 2, width - 1, -100}, 5);
                Tensor losses = random(3, 5);
                k.crossEntropy(logits, targets, smoothing, losses, scale);
                return List.of(logits, losses);
              });
        }
      }
    }
  }

  @Test
  void aTargetBeyondTheVocabularyIsRefused() {
    Tensor logits = random(1, 1, 5);
    assertThatThrownBy(
            () -> kernels.crossEntropy(logits, Tensor.of(new int[] {5}, 1), 0, zeros(1), 0))
        .hasMessageContaining("received 5 of 5");
  }

  @Test
  void sumsAgree() {
    for (int n : new int[] {1, 3, 31, 207, 9001, 70001}) {
      Tensor x = random(n, n);
      assertThat(kernels.sum(x)).isCloseTo(REFERENCE.sum(x), within(1e-5 * Math.sqrt(n)));
      assertThat(kernels.sumOfSquares(x)).isCloseTo(REFERENCE.sumOfSquares(x), within(1e-6 * n));
    }
    for (int width : WIDTHS) {
      compare(
          "columns " + width,
          2e-5,
          (k, what) -> {
            Tensor sums = random(2, width);
            k.addColumnSums(random(1, 333, width), sums);
            return List.of(sums);
          });
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double tolerance) {
    return org.assertj.core.data.Offset.offset(tolerance);
  }

  @Test
  void adamWAgrees() {
    for (int n : new int[] {1, 13, 207}) {
      compare(
          "adamW " + n,
          1e-6,
          (k, what) -> {
            Tensor p = random(1, n);
            Tensor m = random(2, n);
            Tensor v = random(3, n);
            REFERENCE.multiply(v, v, v);
            k.adamW(p, random(4, n), m, v, 1e-2, 0.9, 0.99, 1e-8, 0.1, 3, 0.5);
            return List.of(p, m, v);
          });
    }
  }

  @Test
  void emptyTensorsAreNoWork() {
    Tensor empty = zeros(0, 13);
    kernels.softmax(empty, empty);
    kernels.activation(Activation.GELU, empty, empty);
    kernels.dropout(empty, 0.5, 1, empty);
    kernels.layerNorm(empty, zeros(13), null, 1e-5, empty, zeros(0), zeros(0));
    Tensor sums = zeros(13);
    kernels.addColumnSums(empty, sums);
    assertThat(sums.toFloatArray()).containsOnly(0);
    assertThat(kernels.sum(empty)).isZero();
  }

  @Test
  void gatherAndScatterAgree() {
    for (int width : WIDTHS) {
      compare(
          "gather " + width,
          1e-6,
          (k, what) -> {
            Tensor ids = Tensor.of(new int[] {3, 0, 10, 3, 3, 7}, 6);
            Tensor out = zeros(6, width);
            k.gather(random(1, 11, width), ids, 1.5, out);
            Tensor table = random(2, 11, width);
            k.scatterAdd(random(3, 6, width), ids, -0.5, table);
            return List.of(out, table);
          });
    }
  }

  @Test
  void anIdBeyondTheTableIsRefused() {
    Tensor table = random(1, 4, 20);
    for (int id : new int[] {-1, 4}) {
      Tensor ids = Tensor.of(new int[] {id}, 1);
      assertThatThrownBy(() -> kernels.gather(table, ids, 1, zeros(1, 20)))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> kernels.scatterAdd(zeros(1, 20), ids, 1, table))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    int threads = Parallel.threads();
    try {
      Parallel.setThreads(1);
      List<Tensor> first = manyOperations();
      for (int count : new int[] {2, 8}) {
        Parallel.setThreads(count);
        List<Tensor> again = manyOperations();
        for (int i = 0; i < first.size(); i++) {
          assertSameBits(again.get(i), first.get(i), count + " threads, output " + i);
        }
      }
    } finally {
      Parallel.setThreads(threads);
    }
  }

  /// Operations that are cut into several tasks each, and their outputs.
  private List<Tensor> manyOperations() {
    int n = 300;
    int width = 207;
    Tensor x = random(1, n, width);
    Tensor g = random(2, n, width);
    Tensor gain = random(3, width);
    Tensor out = zeros(n, width);
    Tensor mean = zeros(n);
    Tensor rstd = zeros(n);
    kernels.layerNorm(x, gain, gain, 1e-5, out, mean, rstd);
    Tensor dx = zeros(n, width);
    Tensor dGain = zeros(width);
    Tensor dBias = zeros(width);
    kernels.layerNormBackward(x, gain, mean, rstd, g, dx, dGain, dBias);
    Tensor columns = zeros(width);
    kernels.addColumnSums(x, columns);
    Tensor gelu = zeros(n, width);
    kernels.activation(Activation.GELU, x, gelu);
    Tensor table = zeros(17, width);
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = i * i % 17;
    }
    kernels.scatterAdd(g, Tensor.of(ids, n), 1, table);
    Tensor sums = Tensor.of(new double[] {kernels.sum(x), kernels.sumOfSquares(g)}, 2);
    return List.of(out, dx, dGain, dBias, columns, gelu, table, sums);
  }

  @Test
  void doublesAreLeftToTheReference() {
    Tensor x = Tensor.of(new double[] {1, -2, 3}, 3);
    Tensor out = Tensor.of(new double[3], 3);
    kernels.activation(Activation.TANH, x, out);
    assertThat(out.toDoubleArray())
        .containsExactly(StrictMath.tanh(1), StrictMath.tanh(-2), StrictMath.tanh(3));
  }
}
