package dev.heed.nn.embedding;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// A learned vector for each position, added to the token's.
///
/// Source: Gehring et al. 2017; BERT and GPT-2 use it.
public final class LearnedPositions extends Layer {
  private final Parameter weight;

  /// A table of `maximum` positions.
  public LearnedPositions(int maximum, int width, double deviation, Initializer initializer) {
    this.weight = parameter("weight", initializer.normal(deviation, maximum, width));
  }

  /// x [N, D] plus its positions' vectors.
  ///
  /// @throws IllegalArgumentException if a sequence is longer than the table
  public Tensor apply(Tensor x, Sequences sequences) {
    return apply(x, Positions.of(sequences, weight.shape().dimension(0)));
  }

  /// x [N, D] plus the vectors of these positions, I32 [N].
  public Tensor apply(Tensor x, Tensor positions) {
    Tensor vectors = FusedOperations.embedding(weight, positions, 1);
    return Operations.add(x, Operations.reshape(vectors, x.shape().dimensions()));
  }
}
