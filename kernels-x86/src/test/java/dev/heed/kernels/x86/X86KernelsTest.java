package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Agreement.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every operation against the reference, at odd sizes, in memory that ends at a page that faults.
@ParameterizedClass
@MethodSource("levels")
class X86KernelsTest {
  private static final int[] WIDTHS = {1, 3, 8, 13, 31, 64, 207, 4098};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final Kernels kernels;

  X86KernelsTest(Level level) {
    this.kernels = new X86Kernels(level);
  }

  static List<Level> levels() {
    return Levels.available();
  }

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
      x.memory().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, specials[i]);
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
            Tensor x = scaled(Guarded.random(width, 5, width), 8);
            Tensor out = Guarded.zeros(5, width);
            k.activation(activation, x, out);
            Tensor slope = Guarded.zeros(5, width);
            k.activationBackward(activation, x, Guarded.random(2, 5, width), slope);
            Tensor gated = Guarded.zeros(5, width);
            k.gated(activation, x, Guarded.random(3, 5, width), gated);
            Tensor gate = Guarded.zeros(5, width);
            Tensor up = Guarded.zeros(5, width);
            Tensor g = Guarded.random(4, 5, width);
            k.gatedBackward(activation, x, Guarded.random(3, 5, width), g, gate, up);
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
          Tensor x = withSpecials(Guarded.random(1, 2, 13));
          Tensor out = Guarded.zeros(2, 13);
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
              Tensor gates = scaled(Guarded.random(1, rows, 4 * width), 8);
              Tensor before = Guarded.random(2, rows, width);
              Tensor cells = Guarded.zeros(rows, width);
              Tensor states = Guarded.zeros(rows, width);
              k.lstmCell(gates, before, cells, states);
              Tensor carried = Guarded.random(3, rows, width);
              Tensor gradients = Guarded.zeros(rows, 4 * width);
              k.lstmCellBackward(
                  gates, before, cells, Guarded.random(4, rows, width), carried, gradients);
              Tensor ofTokens = scaled(Guarded.random(5, rows, 3 * width), 8);
              Tensor ofState = Guarded.random(6, rows, 3 * width);
              Tensor after = Guarded.zeros(rows, width);
              k.gruCell(ofTokens, ofState, before, after);
              Tensor hidden = Guarded.random(7, rows, width);
              Tensor tokenGradients = Guarded.zeros(rows, 3 * width);
              Tensor stateGradients = Guarded.zeros(rows, 3 * width);
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
            Tensor a = withSpecials(Guarded.random(1, 7, width));
            Tensor b = Guarded.random(2, 7, width);
            Tensor row = Guarded.random(3, width);
            Tensor sum = Guarded.zeros(7, width);
            Tensor repeated = Guarded.zeros(7, width);
            Tensor product = Guarded.zeros(7, width);
            Tensor repeatedProduct = Guarded.zeros(7, width);
            Tensor scaled = Guarded.zeros(7, width);
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
            Tensor out = Guarded.zeros(9, width);
            k.dropout(Guarded.random(1, 9, width), 0.2, 0x123456789ABCDEFL, out);
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
            Tensor x = Guarded.random(1, n, width);
            Tensor gain = Guarded.random(2, width);
            Tensor bias = Guarded.random(3, width);
            Tensor g = Guarded.random(4, n, width);
            Tensor out = Guarded.zeros(n, width);
            Tensor bare = Guarded.zeros(n, width);
            Tensor mean = Guarded.zeros(n);
            Tensor rstd = Guarded.zeros(n);
            // A large epsilon, so that rows of one element are not divided by almost nothing.
            k.layerNorm(x, gain, null, 0.1, bare, mean, rstd);
            k.layerNorm(x, gain, bias, 0.1, out, mean, rstd);
            Tensor dx = Guarded.zeros(n, width);
            Tensor dGain = Guarded.random(5, width);
            Tensor dBias = Guarded.random(6, width);
            k.layerNormBackward(x, gain, mean, rstd, g, dx, dGain, dBias);
            Tensor rms = Guarded.zeros(n, width);
            Tensor rmsRstd = Guarded.zeros(n);
            k.rmsNorm(x, gain, 0.1, rms, rmsRstd);
            Tensor rmsDx = Guarded.zeros(n, width);
            Tensor rmsDGain = Guarded.random(7, width);
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
            Tensor x = scaled(Guarded.random(1, 6, width), 20);
            for (int i = 0; i < width; i++) {
              x.memory()
                  .setAtIndex(
                      java.lang.foreign.ValueLayout.JAVA_FLOAT,
                      3L * width + i,
                      Float.NEGATIVE_INFINITY);
            }
            Tensor out = Guarded.zeros(6, width);
            k.softmax(x, out);
            Tensor dx = Guarded.zeros(6, width);
            k.softmaxBackward(out, Guarded.random(2, 6, width), dx);
            return List.of(out, dx);
          });
    }
  }

  @Test
  void aRowOfSoftmaxWithNaNIsAllNaN() {
    Tensor x = Guarded.random(1, 2, 13);
    x.memory().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, 5, Float.NaN);
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
                Tensor logits = scaled(Guarded.random(1, 5, width), 5);
                Tensor targets = Guarded.ints(new int[] {0, -1, width / 2, width - 1, -100});
                Tensor losses = Guarded.random(3, 5);
                k.crossEntropy(logits, targets, smoothing, losses, scale);
                return List.of(logits, losses);
              });
        }
      }
    }
  }

  @Test
  void aTargetBeyondTheVocabularyIsRefused() {
    Tensor logits = Guarded.random(1, 1, 5);
    assertThatThrownBy(
            () -> kernels.crossEntropy(logits, Guarded.ints(new int[] {5}), 0, Guarded.zeros(1), 0))
        .hasMessageContaining("received 5 of 5");
  }

  @Test
  void rotationsAgree() {
    for (int pairs : new int[] {1, 4, 8, 13, 32}) {
      for (int rest : new int[] {0, 3}) {
        for (int form = 0; form < 4; form++) {
          boolean halves = form < 2;
          boolean inverse = form % 2 == 1;
          compare(
              "rotate " + pairs + " " + rest + " " + halves + " " + inverse,
              1e-6,
              (k, what) -> {
                int width = 3 * (2 * pairs + rest);
                Tensor x = Guarded.random(1, 5, width);
                Tensor cosines = Guarded.random(2, 7, pairs);
                Tensor sines = Guarded.random(3, 7, pairs);
                Tensor positions = Guarded.ints(new int[] {0, 6, 2, 2, 5});
                Tensor out = Guarded.zeros(5, width);
                k.rotate(x, 3, cosines, sines, positions, halves, inverse, out);
                k.rotate(x, 3, cosines, sines, positions, halves, inverse, x);
                return List.of(out, x);
              });
        }
      }
    }
  }

  @Test
  void gatheringAndScatteringAgree() {
    for (int width : WIDTHS) {
      compare(
          "gather " + width,
          1e-6,
          (k, what) -> {
            Tensor ids = Guarded.ints(new int[] {3, 0, 3, 6, 3});
            Tensor out = Guarded.zeros(5, width);
            k.gather(Guarded.random(1, 7, width), ids, 0.5, out);
            Tensor sums = Guarded.random(2, 7, width);
            k.scatterAdd(Guarded.random(3, 5, width), ids, 2, sums);
            return List.of(out, sums);
          });
    }
  }

  @Test
  void anIdOutsideTheTableIsRefused() {
    Tensor table = Guarded.random(1, 7, 5);
    for (int id : new int[] {-1, 7}) {
      assertThatThrownBy(
              () -> kernels.gather(table, Guarded.ints(new int[] {id}), 1, Guarded.zeros(1, 5)))
          .hasMessageContaining("received " + id + " of 7");
    }
  }

  @Test
  void sumsAgree() {
    for (int n : new int[] {1, 3, 31, 207, 9001, 70001}) {
      Tensor x = Guarded.random(n, n);
      assertThat(kernels.sum(x)).isCloseTo(REFERENCE.sum(x), within(1e-5 * Math.sqrt(n)));
      assertThat(kernels.sumOfSquares(x)).isCloseTo(REFERENCE.sumOfSquares(x), within(1e-6 * n));
    }
    for (int width : WIDTHS) {
      compare(
          "columns " + width,
          2e-5,
          (k, what) -> {
            Tensor sums = Guarded.random(2, width);
            k.addColumnSums(Guarded.random(1, 333, width), sums);
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
            Tensor p = Guarded.random(1, n);
            Tensor m = Guarded.random(2, n);
            Tensor v = Guarded.random(3, n);
            REFERENCE.multiply(v, v, v);
            k.adamW(p, Guarded.random(4, n), m, v, 1e-2, 0.9, 0.99, 1e-8, 0.1, 3, 0.5);
            return List.of(p, m, v);
          });
    }
  }

  @Test
  void emptyTensorsAreNoWork() {
    Tensor empty = Guarded.zeros(0, 13);
    kernels.softmax(empty, empty);
    kernels.activation(Activation.GELU, empty, empty);
    kernels.dropout(empty, 0.5, 1, empty);
    kernels.layerNorm(
        empty, Guarded.zeros(13), null, 1e-5, empty, Guarded.zeros(0), Guarded.zeros(0));
    Tensor sums = Guarded.zeros(13);
    kernels.addColumnSums(empty, sums);
    assertThat(sums.toFloatArray()).containsOnly(0);
    assertThat(kernels.sum(empty)).isZero();
  }
}
