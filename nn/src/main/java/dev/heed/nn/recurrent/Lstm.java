package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.RecurrentOperations;

/// The long short-term memory: a cell to which gates add and from which they take.
///
/// Source: Hochreiter and Schmidhuber 1997; PyTorch's `LSTM`.
public final class Lstm extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Lstm(int in, int width, Initializer initializer) {
    super(RecurrentOperations.Cell.LSTM, in, width, initializer);
  }
}
