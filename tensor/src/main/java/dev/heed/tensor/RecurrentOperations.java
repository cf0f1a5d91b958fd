package dev.heed.tensor;

import java.util.List;

/// Recurrent layers over whole texts, each layer one operation: the products with the tokens and
/// the gradients of the weights are made for all steps at once, only the products with the state
/// step by step. Letters: N tokens, B texts, I and H the widths of tokens and states, G gates.
public final class RecurrentOperations {
  private RecurrentOperations() {}

  /// What a layer computes at each step.
  ///
  /// Source: the equations and the order of the gates are PyTorch's.
  public enum Cell {
    /// h' = tanh(a). Elman 1990.
    RNN(1),
    /// Input, forget and output gates i, f, o and the candidate g, in the order i, f, g, o: the
    /// memory c' = f · c + i · g, the state h' = o · tanh(c'). Hochreiter and Schmidhuber 1997.
    LSTM(4),
    /// Reset and update gates r, z and the candidate n, whose part from the state is multiplied by
    /// r: h' = (1 − z) · n + z · h. Cho et al. 2014.
    GRU(3);

    private final int gates;

    Cell(int gates) {
      this.gates = gates;
    }

    /// The number of gates G.
    public int gates() {
      return gates;
    }

    RecurrentRun run(RecurrentRun.Problem problem) {
      return switch (this) {
        case RNN -> new RecurrentRun.OfRnn(problem);
        case LSTM -> new RecurrentRun.OfLstm(problem);
        case GRU -> new RecurrentRun.OfGru(problem);
      };
    }
  }

  /// The weights of a layer, one gate's rows below the other's.
  ///
  /// @param input [G·H, I]
  /// @param hidden [G·H, H]
  /// @param inputBias [G·H]
  /// @param hiddenBias [G·H]
  public record Weights(Tensor input, Tensor hidden, Tensor inputBias, Tensor hiddenBias) {}

  /// The states before and after each token.
  ///
  /// The tokens are in the order in which they are read: the first of all texts, then the second …;
  /// texts that have ended are the last ones, so `active` never rises.
  ///
  /// @param x [N, I]
  /// @param active how many texts have a token at each step
  /// @param hidden the states before [B, H]
  /// @param memory the cells of the LSTM before [B, H]; the others do not read it
  /// @return [B + N, H], `hidden` first; for the LSTM the cells in the same order below them
  public static Tensor read(
      Cell cell, Tensor x, List<Integer> active, Tensor hidden, Tensor memory, Weights weights) {
    require(cell, x, active, hidden, memory, weights);
    RecurrentRun run =
        cell.run(new RecurrentRun.Problem(x, active, hidden, memory, weights, cell.gates()));
    Tensor out = run.forward();
    return Node.record(
        out,
        run::backward,
        x,
        hidden,
        cell == Cell.LSTM ? memory : null,
        weights.input,
        weights.hidden,
        weights.inputBias,
        weights.hiddenBias);
  }

  private static void require(
      Cell cell, Tensor x, List<Integer> active, Tensor hidden, Tensor memory, Weights weights) {
    Operations.requireMatrix("recurrence", x);
    Operations.requireMatrix("recurrence", hidden);
    int width = hidden.shape().width();
    int rows = cell.gates() * width;
    if (!weights.hidden.shape().equals(Shape.of(rows, width))
        || !weights.input.shape().equals(Shape.of(rows, x.shape().width()))) {
      throw new IllegalArgumentException(
          "a %s with states %s and tokens %s needs weights %s and %s: received %s and %s"
              .formatted(
                  cell,
                  hidden.shape(),
                  x.shape(),
                  Shape.of(rows, width),
                  Shape.of(rows, x.shape().width()),
                  weights.hidden.shape(),
                  weights.input.shape()));
    }
    if (cell == Cell.LSTM) {
      Operations.requireSameShape("recurrence", hidden, memory);
    }
    Operations.requireSameType("recurrence", x, hidden);
    Operations.requireSameType("recurrence", x, weights.input);
    int before = hidden.shape().dimension(0);
    int tokens = 0;
    for (int now : active) {
      if (now < 1 || now > before) {
        throw new IllegalArgumentException(
            "active texts must not rise from %d texts on: received %s"
                .formatted(hidden.shape().dimension(0), active));
      }
      before = now;
      tokens += now;
    }
    if (tokens != x.shape().dimension(0)) {
      throw new IllegalArgumentException(
          "%d active texts at all steps need as many tokens: received %s"
              .formatted(tokens, x.shape()));
    }
  }
}
