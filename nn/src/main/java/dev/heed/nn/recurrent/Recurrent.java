package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
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
  private final int gates;
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

  Recurrent(int in, int width, int gates, Initializer initializer) {
    this.gates = gates;
    this.width = width;
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
    return step(project(x), hiddenPart(before.hidden), before);
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

  /// The part of the gates that follows from the state: [B, H] → [B, gates · H].
  private Tensor hiddenPart(Tensor hidden) {
    return FusedOperations.linear(hidden, hiddenWeight, hiddenBias, Activation.NONE, null);
  }

  private Tensor project(Tensor x) {
    return FusedOperations.linear(x, inputWeight, inputBias, Activation.NONE, null);
  }

  /// One step.
  ///
  /// @param input the part of the gates that follows from the token [B, gates · H]
  /// @param hidden the part that follows from the state [B, gates · H]
  abstract State step(Tensor input, Tensor hidden, State before);

  /// One gate's columns: [B, gates · H] → [B, H].
  final Tensor gate(Tensor all, int index) {
    int count = all.shape().dimension(0);
    int[] rows = IntStream.range(0, count).map(i -> i * gates + index).toArray();
    return Operations.selectRows(
        Operations.reshape(all, count * gates, width), Tensor.of(rows, count));
  }

  private Reading read(Tensor x, Sequences sequences, State before, boolean reversed) {
    int count = sequences.count();
    ReadingOrder order = ReadingOrder.of(sequences, reversed);
    State state = select(before, order.texts());
    List<Tensor> hidden = new ArrayList<>(List.of(state.hidden));
    List<Tensor> memory = new ArrayList<>(List.of(state.memory));
    Tensor inputs = project(select(x, order.tokens())); // (N, gates · H)
    int from = 0;
    for (int rows : order.active()) {
      if (rows < state.hidden.shape().dimension(0)) {
        state = select(state, IntStream.range(0, rows).toArray());
      }
      Tensor input = select(inputs, IntStream.range(from, from + rows).toArray());
      state = step(input, hiddenPart(state.hidden), state);
      hidden.add(state.hidden);
      memory.add(state.memory);
      from += rows;
    }
    // The states before stand first, in the order of `texts`: that of an empty text is its last.
    Tensor all = Operations.concatenate(hidden); // (B + N, H)
    int[] places = Arrays.stream(order.places()).map(place -> count + place).toArray();
    int[] ends = Arrays.stream(order.lastPlaces()).map(place -> count + place).toArray();
    for (int row = 0; row < count; row++) {
      if (sequences.length(order.texts()[row]) == 0) {
        ends[order.texts()[row]] = row;
      }
    }
    Tensor last = select(all, ends);
    boolean own = memory.getLast() != hidden.getLast();
    return new Reading(
        select(all, places),
        new State(last, own ? select(Operations.concatenate(memory), ends) : last));
  }

  private static State select(State state, int... rows) {
    Tensor hidden = select(state.hidden, rows);
    return new State(hidden, state.memory == state.hidden ? hidden : select(state.memory, rows));
  }

  private static Tensor select(Tensor x, int... rows) {
    return Operations.selectRows(x, Tensor.of(rows, rows.length));
  }
}
