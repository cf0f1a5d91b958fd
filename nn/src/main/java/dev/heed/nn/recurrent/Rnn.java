package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;

/// The plain recurrent layer: h' = tanh(W x + b + U h + c).
///
/// Source: Elman 1990; PyTorch's `RNN`.
public final class Rnn extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Rnn(int in, int width, Initializer initializer) {
    super(in, width, 1, initializer);
  }

  @Override
  State step(Tensor input, Tensor hidden, State before) {
    Tensor after = Operations.activation(Activation.TANH, Operations.add(input, hidden));
    return new State(after, after);
  }
}
