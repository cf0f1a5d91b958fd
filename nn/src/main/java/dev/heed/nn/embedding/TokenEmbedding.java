package dev.heed.nn.embedding;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;

/// A vector for each token id: where the first vectors come from.
///
/// Its table may serve as the output layer too ([#logits]): the tied weight of the 2017 paper,
/// section 3.4.
public final class TokenEmbedding extends Layer {
  private final Parameter weight;
  private final double factor;

  /// A table of `vocabulary` rows `width` wide with normally distributed values.
  ///
  /// @param scaled whether vectors are multiplied by √width, as in the 2017 paper
  public TokenEmbedding(
      int vocabulary, int width, double deviation, boolean scaled, Initializer initializer) {
    this.weight = parameter("weight", initializer.normal(deviation, vocabulary, width));
    this.factor = scaled ? Math.sqrt(width) : 1;
  }

  /// ids I32 [..] → [.., D].
  ///
  /// @throws IllegalArgumentException if an id is not in the table
  public Tensor apply(Tensor ids) {
    return FusedOperations.embedding(weight, ids, factor);
  }

  /// x [.., D] → logits [.., V] by the same table.
  public Tensor logits(Tensor x) {
    return FusedOperations.linear(x, weight, null, Activation.NONE, null);
  }

  /// The table [V, D].
  public Parameter weight() {
    return weight;
  }
}
