package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// In BF16 only inputs and outputs are rounded: what lies between is computed in full.
class Bf16Test {
  private static final double ROUNDING = 0x1p-8;

  /// An operation on rows [12, 6] and a weight [6, 6] and vector [6].
  record Case(String name, Function<Tensor[], Tensor> operation) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    Sequences sequences = Sequences.ofLengths(7, 5);
    AttentionArguments attention = AttentionArguments.full(2, sequences, sequences, 0.6).causal();
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("matmul", in -> Operations.matmul(in[0], in[1])));
    cases.add(
        new Case(
            "linear", in -> FusedOperations.linear(in[0], in[1], in[2], Activation.GELU, in[0])));
    cases.add(new Case("layerNorm", in -> FusedOperations.layerNorm(in[0], in[2], in[2], 1e-5)));
    cases.add(new Case("rmsNorm", in -> FusedOperations.rmsNorm(in[0], in[2], 1e-6)));
    cases.add(
        new Case(
            "attention", in -> FusedOperations.attention(in[0], in[0], in[0], attention).out()));
    cases.add(new Case("softmax", in -> Operations.softmax(in[0])));
    cases.add(new Case("gated", in -> Operations.gated(Activation.SILU, in[0], in[0])));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsAndGradientsAreThoseOfDoublesRounded(Case operation) {
    Tensor[] rounded = inputs(DType.BF16);
    Tensor[] exact = new Tensor[rounded.length];
    for (int i = 0; i < exact.length; i++) {
      exact[i] = rounded[i].to(DType.F64).requireGradient(true);
    }
    Tensor out = operation.operation.apply(rounded);
    Tensor expected = operation.operation.apply(exact);
    assertThat(out.dtype()).isEqualTo(DType.BF16);
    assertThat(out.toDoubleArray())
        .as("the output is rounded once")
        .isEqualTo(expected.to(DType.BF16).toDoubleArray());
    Tensor seed = input(9, 12, 6).to(DType.BF16);
    out.backward(seed);
    expected.backward(seed.to(DType.F64));
    for (int i = 0; i < exact.length; i++) {
      if (exact[i].gradient() != null) {
        holds(gradientOf(exact[i]).toDoubleArray(), gradientOf(rounded[i]).toDoubleArray());
      }
    }
  }

  private static void holds(double[] expected, double[] received) {
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    // A few roundings: of the value before the activation, and of gradients that are added up.
    assertThat(received).containsExactly(expected, within(4 * ROUNDING * largest));
  }

  private static Tensor[] inputs(DType dtype) {
    return new Tensor[] {
      input(1, 12, 6).to(dtype).requireGradient(true),
      input(2, 6, 6).to(dtype).requireGradient(true),
      input(3, 6).to(dtype).requireGradient(true)
    };
  }

  @Test
  void theLogSumExpAndTheLossKeepTheirDigits() {
    Tensor x = inputs(DType.BF16)[0];
    Sequences one = Sequences.ofLengths(12);
    Tensor logSumExp =
        FusedOperations.attention(x, x, x, AttentionArguments.full(1, one, one, 1)).logSumExp();
    assertThat(logSumExp.dtype()).isEqualTo(DType.F32);
    Tensor targets = Tensor.of(new int[12], 12);
    Tensor loss = FusedOperations.crossEntropy(x, targets, 0);
    double expected = FusedOperations.crossEntropy(x.to(DType.F64), targets, 0).item();
    assertThat(loss.item()).isCloseTo(expected, within(1e-5));
  }

  @Test
  void manyQueriesAddUpToTheGradientOfOneKey() {
    int rows = 2000;
    Tensor ones = Tensor.zeros(Shape.of(rows, 1), DType.BF16);
    Operations.fill(ones, 1);
    Tensor value = Tensor.zeros(Shape.of(1, 1), DType.BF16).requireGradient(true);
    AttentionArguments a =
        AttentionArguments.full(1, Sequences.ofLengths(rows), Sequences.ofLengths(1), 1);
    FusedOperations.attention(ones, value.copy(), value, a).out().backward(ones);
    // In steps of 1 a BF16 sum would stop at 256.
    assertThat(gradientOf(value).item()).isCloseTo(rows, within(8.0));
  }
}
