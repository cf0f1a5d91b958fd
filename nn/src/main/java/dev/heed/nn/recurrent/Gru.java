package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;

/// The gated recurrent unit: how much of the state is forgotten and how much replaced follows from
/// the token.
///
/// Source: Cho et al. 2014; PyTorch's `GRU`, which resets after the product with the state.
public final class Gru extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Gru(int in, int width, Initializer initializer) {
    super(in, width, 3, initializer);
  }

  @Override
  State step(Tensor input, Tensor hidden, State before) {
    Tensor reset = sigmoid(Operations.add(gate(input, 0), gate(hidden, 0)));
    Tensor update = sigmoid(Operations.add(gate(input, 1), gate(hidden, 1)));
    Tensor candidate =
        Operations.activation(
            Activation.TANH,
            Operations.add(gate(input, 2), Operations.multiply(reset, gate(hidden, 2))));
    // (1 − z) · n + z · h
    Tensor kept = Operations.multiply(update, Operations.subtract(before.hidden(), candidate));
    Tensor after = Operations.add(candidate, kept);
    return new State(after, after);
  }

  private static Tensor sigmoid(Tensor x) {
    return Operations.activation(Activation.SIGMOID, x);
  }
}
