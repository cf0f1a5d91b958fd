package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;

/// The long short-term memory: a cell to which gates add and from which they take.
///
/// Source: Hochreiter and Schmidhuber 1997; PyTorch's `LSTM`.
public final class Lstm extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Lstm(int in, int width, Initializer initializer) {
    super(in, width, 4, initializer);
  }

  @Override
  State step(Tensor input, Tensor hidden, State before) {
    Tensor all = Operations.add(input, hidden);
    Tensor in = sigmoid(gate(all, 0));
    Tensor forget = sigmoid(gate(all, 1));
    Tensor candidate = Operations.activation(Activation.TANH, gate(all, 2));
    Tensor out = sigmoid(gate(all, 3));
    Tensor cell =
        Operations.add(
            Operations.multiply(forget, before.memory()), Operations.multiply(in, candidate));
    return new State(
        Operations.multiply(out, Operations.activation(Activation.TANH, cell)), cell);
  }

  private static Tensor sigmoid(Tensor x) {
    return Operations.activation(Activation.SIGMOID, x);
  }
}
