package dev.heed.tensor;

import static dev.heed.tensor.Operations.accumulate;
import static dev.heed.tensor.Operations.like;

import java.util.List;
import java.util.stream.IntStream;

/// One reading of texts by a recurrent layer, and what it keeps for the way back.
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

  /// The gates' parts from the tokens [N, G·H], to which a step adds what it computes of them.
  final Tensor gates;

  private final Problem problem;
  private final int tokens;

  RecurrentRun(Problem problem, int parts) {
    this.problem = problem;
    this.texts = problem.hidden.shape().dimension(0);
    this.tokens = problem.x.shape().dimension(0);
    this.width = problem.hidden.shape().width();
    this.out = Tensor.empty(Shape.of(parts * (texts + tokens), width), problem.x.dtype());
    this.gates = perGate();
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

  /// Computes the states after a step's tokens from the gates' parts.
  abstract void forward(Step step);

  /// Sets the step's rows of the gates' gradients.
  ///
  /// @param hidden the gradient of the state after the step; on return what of the gradient of the
  ///   state before does not pass through the products
  /// @param gateGradients of the gates' parts from the tokens [N, G·H]
  /// @param partGradients of [#fromState], which may be the same
  /// @return whether `hidden` holds something then
  abstract boolean backward(
      Step step, Tensor outGradient, Tensor hidden, Tensor gateGradients, Tensor partGradients);

  /// Hands on what else than the state's gradient was carried to before the first step.
  void end(Tensor outGradient) {}

  /// The gates' parts from the state, where they are kept apart from those of the tokens.
  Tensor fromState() {
    return gates;
  }

  final Tensor forward() {
    out.rows(0, texts).copyFrom(problem.hidden);
    RecurrentOperations.Weights weights = problem.weights;
    boolean apart = fromState() != gates;
    Tensor bias = weights.inputBias();
    if (!apart) {
      bias = like(weights.inputBias());
      kernels.add(weights.inputBias(), weights.hiddenBias(), 1, bias);
    }
    kernels.linear(problem.x, weights.input(), bias, Activation.NONE, null, null, gates);
    for (Step step : steps()) {
      Tensor state = stateBefore(step);
      Tensor part = step.of(fromState());
      if (apart) {
        Tensor own = weights.hiddenBias();
        kernels.linear(state, weights.hidden(), own, Activation.NONE, null, null, part);
      } else {
        kernels.matmul(state, false, weights.hidden(), true, part, true);
      }
      forward(step);
    }
    return out;
  }

  final void backward(Tensor outGradient) {
    Tensor gradients = perGate();
    Tensor fromState = fromState() == gates ? gradients : perGate();
    RecurrentOperations.Weights weights = problem.weights;
    Tensor carried = Tensor.zeros(Shape.of(texts, width), out.dtype());
    for (Step step : steps().reversed()) {
      Tensor hidden = carried.rows(0, step.rows);
      int row = texts + step.from;
      kernels.add(hidden, outGradient.rows(row, row + step.rows), 1, hidden);
      boolean add = backward(step, outGradient, hidden, gradients, fromState);
      kernels.matmul(step.of(fromState), false, weights.hidden(), false, hidden, add);
    }
    kernels.add(carried, outGradient.rows(0, texts), 1, carried);
    accumulate(problem.hidden, carried);
    end(outGradient);
    if (problem.x.requiresGradient()) {
      Tensor gradient = like(problem.x);
      kernels.matmul(gradients, false, weights.input(), false, gradient, false);
      problem.x.accumulate(gradient);
    }
    addProduct(gradients, problem.x, weights.input());
    addProduct(fromState, statesBefore(), weights.hidden());
    Tensor sums = columnSums(gradients);
    addTo(weights.inputBias(), sums);
    addTo(weights.hiddenBias(), fromState == gradients ? sums : columnSums(fromState));
  }

  private void addProduct(Tensor gradients, Tensor factor, Tensor weight) {
    if (weight.requiresGradient()) {
      kernels.matmul(gradients, true, factor, false, weight.gradientToAddTo(), true);
    }
  }

  private Tensor columnSums(Tensor gradients) {
    Tensor sums = Tensor.zeros(Shape.of(gradients.shape().width()), gradients.dtype());
    kernels.addColumnSums(gradients, sums);
    return sums;
  }

  private void addTo(Tensor bias, Tensor gradient) {
    if (bias.requiresGradient()) {
      Tensor all = bias.gradientToAddTo();
      kernels.add(all, gradient, 1, all);
    }
  }

  /// The state before each token [N, H].
  private Tensor statesBefore() {
    int[] rows =
        steps().stream()
            .flatMapToInt(step -> IntStream.range(step.previous, step.previous + step.rows))
            .toArray();
    Tensor states = Tensor.empty(Shape.of(tokens, width), out.dtype());
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

  final Tensor perGate() {
    return Tensor.empty(Shape.of(tokens, problem.gates * width), problem.x.dtype());
  }

  /// The states before a step's tokens, and after.
  final Tensor stateBefore(Step step) {
    return out.rows(step.previous, step.previous + step.rows);
  }

  final Tensor stateAfter(Step step) {
    return out.rows(texts + step.from, texts + step.from + step.rows);
  }

  /// See [RecurrentOperations.Cell#RNN].
  static final class OfRnn extends RecurrentRun {
    OfRnn(Problem problem) {
      super(problem, 1);
    }

    @Override
    void forward(Step step) {
      kernels.activation(Activation.TANH, step.of(gates), stateAfter(step));
    }

    @Override
    boolean backward(
        Step step, Tensor outGradient, Tensor hidden, Tensor gateGradients, Tensor partGradients) {
      kernels.activationBackward(Activation.TANH, step.of(gates), hidden, step.of(gateGradients));
      return false;
    }
  }

  /// See [RecurrentOperations.Cell#LSTM].
  static final class OfLstm extends RecurrentRun {
    private final Tensor memory;
    private final int cells;
    private final Tensor carried;

    OfLstm(Problem problem) {
      super(problem, 2);
      memory = problem.memory;
      cells = out.shape().dimension(0) / 2;
      out.rows(cells, cells + texts).copyFrom(memory);
      carried = Tensor.zeros(memory.shape(), memory.dtype());
    }

    private Tensor cellsBefore(Step step) {
      return out.rows(cells + step.previous, cells + step.previous + step.rows);
    }

    private static Tensor cellsAfter(Tensor of, int first, Step step) {
      return of.rows(first + step.from, first + step.from + step.rows);
    }

    @Override
    void forward(Step step) {
      kernels.lstmCell(
          step.of(gates),
          cellsBefore(step),
          cellsAfter(out, cells + texts, step),
          stateAfter(step));
    }

    @Override
    boolean backward(
        Step step, Tensor outGradient, Tensor hidden, Tensor gateGradients, Tensor partGradients) {
      Tensor ofCells = carried.rows(0, step.rows);
      kernels.add(ofCells, cellsAfter(outGradient, cells + texts, step), 1, ofCells);
      kernels.lstmCellBackward(
          step.of(gates),
          cellsBefore(step),
          cellsAfter(out, cells + texts, step),
          hidden,
          ofCells,
          step.of(gateGradients));
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
    private final Tensor parts;

    OfGru(Problem problem) {
      super(problem, 1);
      parts = perGate();
    }

    @Override
    Tensor fromState() {
      return parts;
    }

    @Override
    void forward(Step step) {
      kernels.gruCell(step.of(gates), step.of(parts), stateBefore(step), stateAfter(step));
    }

    @Override
    boolean backward(
        Step step, Tensor outGradient, Tensor hidden, Tensor gateGradients, Tensor partGradients) {
      kernels.gruCellBackward(
          step.of(gates),
          step.of(parts),
          stateBefore(step),
          hidden,
          step.of(gateGradients),
          step.of(partGradients));
      return true;
    }
  }
}
