package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.RecurrentOperations;

/// The plain recurrent layer: h' = tanh(W x + b + U h + c).
///
/// Source: Elman 1990; PyTorch's `RNN`.
public final class Rnn extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Rnn(int in, int width, Initializer initializer) {
    super(RecurrentOperations.Cell.RNN, in, width, initializer);
  }
}
