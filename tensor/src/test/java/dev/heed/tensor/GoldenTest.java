package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Outputs and all gradients of the operations against PyTorch's, in F64 and F32.
class GoldenTest {
  private static final int ALL = Integer.MAX_VALUE;

  /// A golden file, the inputs it has, and the operation that it is of.
  record Case(String name, List<String> inputs, Function<Tensor[], Tensor> operation) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      String name = activation.name().toLowerCase(Locale.ROOT).replace('_', '-');
      cases.add(
          of(
              "linear-" + name,
              "x weight bias residual",
              in -> FusedOperations.linear(in[0], in[1], in[2], activation, in[3])));
      cases.add(of("gated-" + name, "gate up", in -> Operations.gated(activation, in[0], in[1])));
    }
    cases.add(
        of(
            "layer-norm",
            "x gain bias",
            in -> FusedOperations.layerNorm(in[0], in[1], in[2], 1e-5)));
    cases.add(
        of(
            "layer-norm-no-bias",
            "x gain",
            in -> FusedOperations.layerNorm(in[0], in[1], null, 1e-12)));
    cases.add(of("rms-norm", "x gain", in -> FusedOperations.rmsNorm(in[0], in[1], 1e-6)));
    cases.add(of("softmax", "x", in -> Operations.softmax(in[0])));
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        String name = "matmul" + (a ? "-a" : "") + (b ? "-b" : "");
        cases.add(of(name, "a b", in -> Operations.matmul(in[0], a, in[1], b)));
      }
    }
    cases.add(of("embedding", "table ids", in -> FusedOperations.embedding(in[0], in[1], 2)));
    for (boolean halves : new boolean[] {false, true}) {
      cases.add(
          of(
              halves ? "rotate-halves" : "rotate-pairs",
              "x cosines sines positions",
              in -> FusedOperations.rotate(in[0], 2, in[1], in[2], in[3], halves)));
    }
    addAttention(cases);
    for (double smoothing : new double[] {0, 0.1}) {
      String name = "cross-entropy" + (smoothing == 0 ? "" : "-smoothing");
      cases.add(
          of(name, "logits targets", in -> FusedOperations.crossEntropy(in[0], in[1], smoothing)));
      cases.add(
          of(
              "linear-" + name,
              "x weight bias targets",
              in -> FusedOperations.linearCrossEntropy(in[0], in[1], in[2], in[3], smoothing)));
    }
    return cases;
  }

  private static void addAttention(List<Case> cases) {
    Sequences ragged = Sequences.ofLengths(3, 0, 1, 4);
    Sequences longer = Sequences.ofLengths(5, 2, 1, 6);
    int[] offsets = {2, 2, 0, 2};
    cases.add(attention("full", "", 2, 2, ragged, ALL, ALL, null));
    cases.add(attention("causal", "", 2, 2, ragged, ALL, 0, null));
    cases.add(attention("window", "", 2, 2, ragged, 1, 2, null));
    cases.add(attention("offsets", "", 2, 2, longer, ALL, 0, offsets));
    cases.add(attention("mask", "mask", 2, 2, ragged, ALL, ALL, null));
    cases.add(attention("mask-causal", "mask", 2, 2, ragged, ALL, 0, null));
    cases.add(attention("grouped", "", 4, 2, longer, ALL, ALL, null));
    cases.add(attention("bias", "bias", 2, 1, longer, ALL, ALL, null));
    cases.add(attention("everything", "mask bias", 2, 1, ragged, 3, 1, new int[] {1, 0, 0, 2}));
  }

  private static Case attention(
      String name,
      String extra,
      int heads,
      int keyValueHeads,
      Sequences keys,
      int left,
      int right,
      int @Nullable [] offsets) {
    boolean masked = extra.contains("mask");
    boolean biased = extra.contains("bias");
    return of(
        "attention-" + name,
        ("query key value " + extra).strip(),
        in -> {
          AttentionArguments arguments =
              new AttentionArguments(
                  heads,
                  keyValueHeads,
                  Sequences.ofLengths(3, 0, 1, 4),
                  keys,
                  0.6,
                  left,
                  right,
                  offsets,
                  masked ? in[3] : null,
                  biased ? in[in.length - 1] : null,
                  0,
                  0);
          return FusedOperations.attention(in[0], in[1], in[2], arguments).out();
        });
  }

  private static Case of(String name, String inputs, Function<Tensor[], Tensor> operation) {
    return new Case(name, List.of(inputs.split(" ", -1)), operation);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithPyTorch(Case operation) {
    Golden golden = Golden.read(operation.name);
    for (DType dtype : new DType[] {DType.F64, DType.F32}) {
      Tensor[] inputs = new Tensor[operation.inputs.size()];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = golden.input(operation.inputs.get(i), dtype);
      }
      Tensor out = operation.operation.apply(inputs);
      golden.holds("out", out);
      out.backward(golden.get("seed").to(dtype));
      for (int i = 0; i < inputs.length; i++) {
        if (golden.learns(operation.inputs.get(i), dtype)) {
          golden.holds(operation.inputs.get(i), gradientOf(inputs[i]));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void adamWAgreesWithPyTorch(DType dtype) {
    Golden golden = Golden.read("adamw");
    Tensor weight = golden.get("in.start").to(dtype);
    Tensor mean = Tensor.zeros(weight.shape(), dtype);
    Tensor variance = Tensor.zeros(weight.shape(), dtype);
    Tensor gradients = golden.get("in.gradients").to(dtype).withShape(Shape.of(4, 15));
    for (int step = 1; step <= 4; step++) {
      // Handed over doubled, to be halved by the scale that clipping uses.
      Tensor doubled = Operations.scale(gradients.rows(step - 1, step), 2);
      Kernels.active()
          .adamW(weight, doubled, mean, variance, 0.01, 0.8, 0.95, 1e-6, 0.1, step, 0.5);
    }
    golden.holds("out", weight);
    golden.holds("mean", mean);
    golden.holds("variance", variance);
  }

  @Test
  void everyGoldenFileIsUsed() {
    assertThat(Golden.names())
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(cases().stream().map(Case::name), Stream.of("adamw")).toList());
  }
}
