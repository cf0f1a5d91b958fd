package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.gradientOf;

import java.util.ArrayList;
import java.util.List;

/// A small Transformer decoder block trained for some steps, as one number: the hash of the bits of
/// its weights. It uses nearly every kernel, forward and backward.
final class TrainingRun {
  private static final int HEADS = 4;
  private static final int KEY_VALUE_HEADS = 2;
  private static final int VOCABULARY = 23;

  private TrainingRun() {}

  public static void main(String[] arguments) {
    System.out.println(
        hash(
            Integer.parseInt(arguments[0]),
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2])));
  }

  /// Trains a model of this width, a multiple of 8, on this many token rows.
  static String hash(int width, int rows, int steps) {
    Model model = new Model(width);
    StepMemory memory = new StepMemory();
    double[] losses = new double[steps];
    for (int step = 0; step < steps; step++) {
      int number = step;
      losses[step] = memory.step(() -> model.train(rows, number));
    }
    long hash = Bits.hash(losses);
    for (Parameter parameter : model.parameters) {
      hash = Bits.hash(hash, parameter);
    }
    return Long.toHexString(hash);
  }

  private static final class Model {
    final List<Parameter> parameters = new ArrayList<>();
    final List<Tensor> means = new ArrayList<>();
    final List<Tensor> variances = new ArrayList<>();
    final int width;
    final Parameter embedding;
    final Parameter attentionGain;
    final Parameter query;
    final Parameter key;
    final Parameter value;
    final Parameter out;
    final Parameter outBias;
    final Parameter norm;
    final Parameter normBias;
    final Parameter gate;
    final Parameter up;
    final Parameter down;
    final Parameter bias;

    Model(int width) {
      this.width = width;
      int narrow = width / HEADS * KEY_VALUE_HEADS;
      embedding = parameter(0, VOCABULARY, width);
      attentionGain = parameter(1, width);
      query = parameter(0, width, width);
      key = parameter(0, narrow, width);
      value = parameter(0, narrow, width);
      out = parameter(0, width, width);
      outBias = parameter(0, width);
      norm = parameter(1, width);
      normBias = parameter(0, width);
      gate = parameter(0, 2 * width, width);
      up = parameter(0, 2 * width, width);
      down = parameter(0, width, 2 * width);
      bias = parameter(0, HEADS, 2 * 64 + 1);
    }

    private Parameter parameter(double mean, int... shape) {
      Tensor start = Tensor.empty(Shape.of(shape), DType.F32);
      long site = CounterRandom.key(7, 0, parameters.size());
      Elements to = Elements.of(start);
      for (long i = 0; i < start.elements(); i++) {
        to.set(i, mean + 0.2 * CounterRandom.normal(site, i));
      }
      Parameter parameter = Parameter.of(start);
      parameters.add(parameter);
      means.add(Tensor.zeros(start.shape(), DType.F32));
      variances.add(Tensor.zeros(start.shape(), DType.F32));
      return parameter;
    }

    double train(int rows, int step) {
      long dropout = CounterRandom.key(7, step, 1);
      int[] ids = new int[rows];
      int[] targets = new int[rows];
      int[] at = new int[rows];
      for (int i = 0; i < rows; i++) {
        ids[i] = CounterRandom.below(VOCABULARY, step + 1, i);
        targets[i] = i % 5 == 4 ? -1 : (ids[i] * 3 + 1) % VOCABULARY;
        at[i] = i % 64;
      }
      Sequences sequences = Sequences.ofLengths(rows / 3, 0, 1, rows - rows / 3 - 1);
      Tensor x = FusedOperations.embedding(embedding, Tensor.of(ids, rows), 1.5);
      Tensor h = FusedOperations.rmsNorm(x, attentionGain, 1e-6);
      Tensor positions = Tensor.of(at, rows);
      Tensor q = rotate(linear(h, query), HEADS, positions);
      Tensor k = rotate(linear(h, key), KEY_VALUE_HEADS, positions);
      AttentionArguments arguments =
          new AttentionArguments(
              HEADS,
              KEY_VALUE_HEADS,
              sequences,
              sequences,
              0.5,
              30,
              0,
              null,
              null,
              bias,
              0.1,
              dropout);
      Tensor attended = FusedOperations.attention(q, k, linear(h, value), arguments).out();
      x = FusedOperations.linear(attended, out, outBias, Activation.GELU, x);
      h = FusedOperations.layerNorm(x, norm, normBias, 1e-5);
      Tensor inner = Operations.gated(Activation.SILU, linear(h, gate), linear(h, up));
      inner = Operations.dropout(inner, 0.1, dropout + 1);
      x = FusedOperations.linear(inner, down, null, Activation.NONE, x);
      Tensor loss =
          FusedOperations.linearCrossEntropy(x, embedding, null, Tensor.of(targets, rows), 0.1);
      loss.backward();
      double squares = 0;
      for (Parameter parameter : parameters) {
        squares += Kernels.active().sumOfSquares(gradientOf(parameter));
      }
      for (int i = 0; i < parameters.size(); i++) {
        Parameter parameter = parameters.get(i);
        Kernels.active()
            .adamW(
                parameter,
                gradientOf(parameter),
                means.get(i),
                variances.get(i),
                0.01,
                0.9,
                0.99,
                1e-8,
                0.1,
                step + 1L,
                1 / Math.max(1, Math.sqrt(squares)));
        parameter.clearGradient();
      }
      return loss.item();
    }

    private Tensor linear(Tensor x, Tensor weight) {
      return FusedOperations.linear(x, weight, null, Activation.NONE, null);
    }

    private Tensor rotate(Tensor x, int heads, Tensor positions) {
      int pairs = width / HEADS / 2;
      Tensor cosines = Tensor.empty(Shape.of(64, pairs), DType.F32);
      Tensor sines = Tensor.empty(Shape.of(64, pairs), DType.F32);
      for (int i = 0; i < 64 * pairs; i++) {
        double angle = i / pairs * StrictMath.pow(100, -(i % pairs) / (double) pairs);
        Elements.of(cosines).set(i, StrictMath.cos(angle));
        Elements.of(sines).set(i, StrictMath.sin(angle));
      }
      return FusedOperations.rotate(x, heads, cosines, sines, positions, true);
    }
  }
}
