package dev.heed.tensor;

import static dev.heed.tensor.Operations.accumulate;
import static dev.heed.tensor.Operations.like;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One reading of texts by a recurrent layer, and what it keeps for the way back.
///
/// The numbers of each gate stand in a matrix [N, H] of their own, so that the rows of a step are
/// contiguous and the kernels for element-wise operations serve as they are.
abstract class RecurrentRun {
  /// What [RecurrentOperations#read] was given.
  record Problem(
      Tensor x,
      List<Integer> active,
      Tensor hidden,
      Tensor memory,
      RecurrentOperations.Weights weights,
      int gates) {}

  final Kernels kernels = Kernels.active();
  final int texts;
  final int width;

  /// The states before and after each token, [B + N, H]; those of the LSTM's cells below.
  final Tensor out;

  /// Each gate before its activation and after it.
  final Tensor[] before;

  final Tensor[] after;

  /// The gradients of `before`.
  final Tensor[] gradients;

  /// [B, H] each.
  private final @Nullable Tensor[] scratch = new @Nullable Tensor[3];

  private final Problem problem;
  private final int tokens;

  RecurrentRun(Problem problem, int parts) {
    this.problem = problem;
    this.texts = problem.hidden.shape().dimension(0);
    this.tokens = problem.x.shape().dimension(0);
    this.width = problem.hidden.shape().width();
    this.out = Tensor.empty(Shape.of(parts * (texts + tokens), width), problem.x.dtype());
    this.before = perGate(problem.gates);
    this.after = perGate(problem.gates);
    this.gradients = new Tensor[problem.gates];
  }

  /// One step's rows.
  ///
  /// @param from the first of them among the tokens
  /// @param previous the first of the states before them in [#out]
  record Step(int from, int rows, int previous) {
    /// Of a matrix with a row a token.
    Tensor of(Tensor perToken) {
      return perToken.rows(from, from + rows);
    }
  }

  /// Computes the states after a step's tokens from [#before], which holds the parts of all gates.
  abstract void forward(Step step);

  /// Sets the step's rows of [#gradients].
  ///
  /// @param hidden the gradient of the state after the step; on return what of the gradient of the
  ///   state before does not pass through the products
  /// @return whether `hidden` holds something then
  abstract boolean backward(Step step, Tensor outGradient, Tensor hidden);

  /// Hands on what else than the state's gradient was carried to before the first step.
  void end(Tensor outGradient) {}

  /// The gate's part from the state, where it is kept apart from that of the token.
  Tensor fromState(int gate) {
    return before[gate];
  }

  /// The gradient of [#fromState].
  Tensor gradientFromState(int gate) {
    return gradients[gate];
  }

  final Tensor forward() {
    out.rows(0, texts).copyFrom(problem.hidden);
    RecurrentOperations.Weights weights = problem.weights;
    Tensor bias = like(weights.inputBias());
    kernels.add(weights.inputBias(), weights.hiddenBias(), 1, bias);
    for (int g = 0; g < before.length; g++) {
      boolean apart = fromState(g) != before[g];
      kernels.linear(
          problem.x,
          gate(weights.input(), g),
          gate(apart ? weights.inputBias() : bias, g),
          Activation.NONE,
          null,
          null,
          before[g]);
    }
    for (Step step : steps()) {
      Tensor state = out.rows(step.previous, step.previous + step.rows);
      for (int g = 0; g < before.length; g++) {
        Tensor weight = gate(weights.hidden(), g);
        Tensor part = step.of(fromState(g));
        if (fromState(g) == before[g]) {
          kernels.matmul(state, false, weight, true, part, true);
        } else {
          Tensor own = gate(weights.hiddenBias(), g);
          kernels.linear(state, weight, own, Activation.NONE, null, null, part);
        }
      }
      forward(step);
    }
    return out;
  }

  final void backward(Tensor outGradient) {
    for (int g = 0; g < gradients.length; g++) {
      gradients[g] = perToken();
    }
    RecurrentOperations.Weights weights = problem.weights;
    Tensor carried = Tensor.zeros(Shape.of(texts, width), out.dtype());
    for (Step step : steps().reversed()) {
      Tensor hidden = carried.rows(0, step.rows);
      int row = texts + step.from;
      kernels.add(hidden, outGradient.rows(row, row + step.rows), 1, hidden);
      boolean add = backward(step, outGradient, hidden);
      for (int g = 0; g < gradients.length; g++) {
        Tensor gradient = step.of(gradientFromState(g));
        kernels.matmul(gradient, false, gate(weights.hidden(), g), false, hidden, add || g > 0);
      }
    }
    kernels.add(carried, outGradient.rows(0, texts), 1, carried);
    accumulate(problem.hidden, carried);
    end(outGradient);
    toInputs(weights);
    toWeights(weights);
  }

  private void toInputs(RecurrentOperations.Weights weights) {
    if (!problem.x.requiresGradient()) {
      return;
    }
    Tensor gradient = like(problem.x);
    for (int g = 0; g < gradients.length; g++) {
      kernels.matmul(gradients[g], false, gate(weights.input(), g), false, gradient, g > 0);
    }
    problem.x.accumulate(gradient);
  }

  private void toWeights(RecurrentOperations.Weights weights) {
    Tensor states = statesBefore();
    for (int g = 0; g < gradients.length; g++) {
      if (weights.input().requiresGradient()) {
        Tensor sum = gate(weights.input().gradientToAddTo(), g);
        kernels.matmul(gradients[g], true, problem.x, false, sum, true);
      }
      if (weights.hidden().requiresGradient()) {
        Tensor sum = gate(weights.hidden().gradientToAddTo(), g);
        kernels.matmul(gradientFromState(g), true, states, false, sum, true);
      }
      if (weights.inputBias().requiresGradient()) {
        kernels.addColumnSums(gradients[g], gate(weights.inputBias().gradientToAddTo(), g));
      }
      if (weights.hiddenBias().requiresGradient()) {
        kernels.addColumnSums(
            gradientFromState(g), gate(weights.hiddenBias().gradientToAddTo(), g));
      }
    }
  }

  /// The state before each token [N, H].
  private Tensor statesBefore() {
    int[] rows =
        steps().stream()
            .flatMapToInt(step -> IntStream.range(step.previous, step.previous + step.rows))
            .toArray();
    Tensor states = perToken();
    kernels.gather(out, Tensor.of(rows, rows.length), 1, states);
    return states;
  }

  private List<Step> steps() {
    Step[] steps = new Step[problem.active.size()];
    int from = 0;
    int previous = 0;
    for (int i = 0; i < steps.length; i++) {
      int rows = problem.active.get(i);
      steps[i] = new Step(from, rows, previous);
      previous = texts + from;
      from += rows;
    }
    return List.of(steps);
  }

  /// One gate's rows of a matrix of weights, or its part of a bias.
  private Tensor gate(Tensor weights, int gate) {
    if (weights.shape().rank() == 1) {
      Tensor rows = weights.withShape(Shape.of(problem.gates, width));
      return rows.rows(gate, gate + 1).withShape(Shape.of(width));
    }
    return weights.rows(gate * width, (gate + 1) * width);
  }

  final Tensor perToken() {
    return Tensor.empty(Shape.of(tokens, width), problem.x.dtype());
  }

  private Tensor[] perGate(int gates) {
    return IntStream.range(0, gates).mapToObj(g -> perToken()).toArray(Tensor[]::new);
  }

  /// [rows, H] of undefined content, until the next step.
  final Tensor scratch(int index, Step step) {
    Tensor whole = scratch[index];
    if (whole == null) {
      whole = Tensor.empty(Shape.of(texts, width), out.dtype());
      scratch[index] = whole;
    }
    return whole.rows(0, step.rows);
  }

  /// The states before a step's tokens, and after.
  final Tensor stateBefore(Step step) {
    return out.rows(step.previous, step.previous + step.rows);
  }

  final Tensor stateAfter(Step step) {
    return out.rows(texts + step.from, texts + step.from + step.rows);
  }

  final void activate(Activation activation, int gate, Step step) {
    kernels.activation(activation, step.of(before[gate]), step.of(after[gate]));
  }

  /// The gradient before a gate's activation, from that after it.
  final void backThrough(Activation activation, int gate, Step step, Tensor gradient) {
    kernels.activationBackward(
        activation, step.of(before[gate]), gradient, step.of(gradients[gate]));
  }

  /// See [RecurrentOperations.Cell#RNN].
  static final class OfRnn extends RecurrentRun {
    OfRnn(Problem problem) {
      super(problem, 1);
    }

    @Override
    void forward(Step step) {
      kernels.activation(Activation.TANH, step.of(before[0]), stateAfter(step));
    }

    @Override
    boolean backward(Step step, Tensor outGradient, Tensor hidden) {
      backThrough(Activation.TANH, 0, step, hidden);
      return false;
    }
  }

  /// See [RecurrentOperations.Cell#LSTM].
  static final class OfLstm extends RecurrentRun {
    private static final int IN = 0;
    private static final int FORGET = 1;
    private static final int CANDIDATE = 2;
    private static final int OUT = 3;

    private final Tensor memory;
    private final int cells;
    private final Tensor tanh;
    private final Tensor carried;

    OfLstm(Problem problem) {
      super(problem, 2);
      memory = problem.memory;
      cells = out.shape().dimension(0) / 2;
      out.rows(cells, cells + texts).copyFrom(memory);
      tanh = perToken();
      carried = Tensor.zeros(memory.shape(), memory.dtype());
    }

    private Tensor cellsBefore(Step step) {
      return out.rows(cells + step.previous, cells + step.previous + step.rows);
    }

    private Tensor cellsAfter(Step step) {
      int row = cells + texts + step.from;
      return out.rows(row, row + step.rows);
    }

    @Override
    void forward(Step step) {
      activate(Activation.SIGMOID, IN, step);
      activate(Activation.SIGMOID, FORGET, step);
      activate(Activation.TANH, CANDIDATE, step);
      activate(Activation.SIGMOID, OUT, step);
      Tensor now = cellsAfter(step);
      Tensor added = scratch(0, step);
      kernels.multiply(step.of(after[FORGET]), cellsBefore(step), now);
      kernels.multiply(step.of(after[IN]), step.of(after[CANDIDATE]), added);
      kernels.add(now, added, 1, now);
      kernels.activation(Activation.TANH, now, step.of(tanh));
      kernels.multiply(step.of(after[OUT]), step.of(tanh), stateAfter(step));
    }

    @Override
    boolean backward(Step step, Tensor outGradient, Tensor hidden) {
      Tensor memory = carried.rows(0, step.rows);
      Tensor product = scratch(0, step);
      Tensor through = scratch(1, step);
      kernels.multiply(hidden, step.of(tanh), product);
      backThrough(Activation.SIGMOID, OUT, step, product);
      kernels.multiply(hidden, step.of(after[OUT]), product);
      kernels.activationBackward(Activation.TANH, cellsAfter(step), product, through);
      kernels.add(memory, through, 1, memory);
      int row = cells + texts + step.from;
      kernels.add(memory, outGradient.rows(row, row + step.rows), 1, memory);
      kernels.multiply(memory, cellsBefore(step), product);
      backThrough(Activation.SIGMOID, FORGET, step, product);
      kernels.multiply(memory, step.of(after[CANDIDATE]), product);
      backThrough(Activation.SIGMOID, IN, step, product);
      kernels.multiply(memory, step.of(after[IN]), product);
      backThrough(Activation.TANH, CANDIDATE, step, product);
      kernels.multiply(memory, step.of(after[FORGET]), memory);
      return false;
    }

    @Override
    void end(Tensor outGradient) {
      kernels.add(carried, outGradient.rows(cells, cells + texts), 1, carried);
      accumulate(memory, carried);
    }
  }

  /// See [RecurrentOperations.Cell#GRU].
  static final class OfGru extends RecurrentRun {
    private static final int RESET = 0;
    private static final int UPDATE = 1;
    private static final int CANDIDATE = 2;

    /// The candidate's part from the state, before it is multiplied by the reset gate.
    private final Tensor candidateFromState;

    private final Tensor itsGradient;

    OfGru(Problem problem) {
      super(problem, 1);
      candidateFromState = perToken();
      itsGradient = perToken();
    }

    @Override
    Tensor fromState(int gate) {
      return gate == CANDIDATE ? candidateFromState : before[gate];
    }

    @Override
    Tensor gradientFromState(int gate) {
      return gate == CANDIDATE ? itsGradient : gradients[gate];
    }

    @Override
    void forward(Step step) {
      activate(Activation.SIGMOID, RESET, step);
      activate(Activation.SIGMOID, UPDATE, step);
      Tensor part = scratch(0, step);
      Tensor candidate = step.of(before[CANDIDATE]);
      kernels.multiply(step.of(after[RESET]), step.of(candidateFromState), part);
      kernels.add(candidate, part, 1, candidate);
      activate(Activation.TANH, CANDIDATE, step);
      // n + z · (h − n)
      Tensor difference = scratch(0, step);
      Tensor kept = scratch(1, step);
      kernels.add(stateBefore(step), step.of(after[CANDIDATE]), -1, difference);
      kernels.multiply(step.of(after[UPDATE]), difference, kept);
      kernels.add(step.of(after[CANDIDATE]), kept, 1, stateAfter(step));
    }

    @Override
    boolean backward(Step step, Tensor outGradient, Tensor hidden) {
      Tensor difference = scratch(0, step);
      Tensor product = scratch(1, step);
      kernels.add(stateBefore(step), step.of(after[CANDIDATE]), -1, difference);
      kernels.multiply(hidden, difference, product);
      backThrough(Activation.SIGMOID, UPDATE, step, product);
      Tensor kept = scratch(2, step);
      kernels.multiply(hidden, step.of(after[UPDATE]), kept);
      kernels.add(hidden, kept, -1, product);
      backThrough(Activation.TANH, CANDIDATE, step, product);
      Tensor candidate = step.of(gradients[CANDIDATE]);
      kernels.multiply(candidate, step.of(candidateFromState), product);
      backThrough(Activation.SIGMOID, RESET, step, product);
      kernels.multiply(candidate, step.of(after[RESET]), step.of(itsGradient));
      hidden.copyFrom(kept);
      return true;
    }
  }
}
