package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.tensor.RecurrentOperations;

/// The gated recurrent unit: how much of the state is forgotten and how much replaced follows from
/// the token.
///
/// Source: Cho et al. 2014; PyTorch's `GRU`, which resets after the product with the state.
public final class Gru extends Recurrent {
  /// A layer from vectors `in` wide to states `width` wide.
  public Gru(int in, int width, Initializer initializer) {
    super(RecurrentOperations.Cell.GRU, in, width, initializer);
  }
}
