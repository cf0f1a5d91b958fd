package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.RecurrentOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A layer that reads token after token: each state follows from the one before and the token's
/// vector.
///
/// Texts of different lengths are read together, the longest first, so that at every step those
/// that still have a token are the first rows: nothing is padded or masked.
///
/// Source: the equations, the order of the gates and the initial values, evenly in ±1/√H, are
/// PyTorch's.
public abstract sealed class Recurrent extends Layer permits Rnn, Gru, Lstm {
  private final RecurrentOperations.Cell cell;
  private final int width;
  private final Parameter inputWeight;
  private final Parameter hiddenWeight;
  private final Parameter inputBias;
  private final Parameter hiddenBias;

  /// What is carried along.
  ///
  /// @param hidden [B, H], what other layers see
  /// @param memory [B, H], the LSTM's cell; for the others the same as `hidden`
  public record State(Tensor hidden, Tensor memory) {}

  /// What reading texts gives.
  ///
  /// @param states the state after each token [N, H], in the order of the tokens
  /// @param last the state after each text's last token
  public record Reading(Tensor states, State last) {}

  Recurrent(RecurrentOperations.Cell cell, int in, int width, Initializer initializer) {
    this.cell = cell;
    this.width = width;
    int gates = cell.gates();
    double bound = 1 / Math.sqrt(width);
    this.inputWeight = parameter("input_weight", initializer.uniform(bound, gates * width, in));
    this.hiddenWeight =
        parameter("hidden_weight", initializer.uniform(bound, gates * width, width));
    this.inputBias = parameter("input_bias", initializer.uniform(bound, gates * width));
    this.hiddenBias = parameter("hidden_bias", initializer.uniform(bound, gates * width));
  }

  /// The width H of the state.
  public final int width() {
    return width;
  }

  /// The state before the first token of `count` texts: zeros.
  public final State begin(int count, DType dtype) {
    Tensor zeros = Tensor.zeros(Shape.of(count, width), dtype);
    return new State(zeros, zeros);
  }

  /// One step: x [B, I] and the states before → the states after it.
  public final State step(Tensor x, State before) {
    int count = x.shape().dimension(0);
    Tensor all = states(x, List.of(count), before);
    Tensor hidden = select(all, IntStream.range(count, 2 * count).toArray());
    return new State(
        hidden,
        hasMemory() ? select(all, IntStream.range(3 * count, 4 * count).toArray()) : hidden);
  }

  /// The state after each token: x [N, I] → [N, H].
  public final Tensor apply(Tensor x, Sequences sequences) {
    return read(x, sequences, begin(sequences.count(), x.dtype())).states;
  }

  /// Reads texts from their first token on, beginning with a state for each.
  public final Reading read(Tensor x, Sequences sequences, State before) {
    return read(x, sequences, before, false);
  }

  /// Reads texts from their last token to the first; `last` is the state after that.
  public final Reading readReversed(Tensor x, Sequences sequences, State before) {
    return read(x, sequences, before, true);
  }

  private Reading read(Tensor x, Sequences sequences, State before, boolean reversed) {
    int count = sequences.count();
    ReadingOrder order = ReadingOrder.of(sequences, reversed);
    // The states before stand first, in the order of `texts`: that of an empty text is its last.
    Tensor all = states(select(x, order.tokens()), order.active(), select(before, order.texts()));
    int[] places = Arrays.stream(order.places()).map(place -> count + place).toArray();
    int[] ends = Arrays.stream(order.lastPlaces()).map(place -> count + place).toArray();
    for (int row = 0; row < count; row++) {
      if (sequences.length(order.texts()[row]) == 0) {
        ends[order.texts()[row]] = row;
      }
    }
    Tensor last = select(all, ends);
    int memory = count + sequences.rows();
    return new Reading(
        select(all, places),
        new State(
            last,
            hasMemory() ? select(all, Arrays.stream(ends).map(i -> memory + i).toArray()) : last));
  }

  /// The states before and after each token that is read, and for the LSTM its cells below.
  private Tensor states(Tensor x, List<Integer> active, State before) {
    return RecurrentOperations.read(
        cell,
        x,
        active,
        before.hidden,
        before.memory,
        new RecurrentOperations.Weights(inputWeight, hiddenWeight, inputBias, hiddenBias));
  }

  private boolean hasMemory() {
    return cell == RecurrentOperations.Cell.LSTM;
  }

  private static State select(State state, int... rows) {
    Tensor hidden = select(state.hidden, rows);
    return new State(hidden, state.memory == state.hidden ? hidden : select(state.memory, rows));
  }

  private static Tensor select(Tensor x, int... rows) {
    return Operations.selectRows(x, Tensor.of(rows, rows.length));
  }
}
