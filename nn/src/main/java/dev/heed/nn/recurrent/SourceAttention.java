package dev.heed.nn.recurrent;

import dev.heed.nn.Layer;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// How the decoder of a recurrent model looks back at its source: a weighted sum of the encoder's
/// states, whose weights follow from the decoder's state.
public abstract sealed class SourceAttention extends Layer
    permits AdditiveAttention, MultiplicativeAttention {
  SourceAttention() {}

  /// What states of the decoder are compared with, computed once: encoded [M, E] → keys [M, A].
  public abstract Tensor keys(Tensor encoded);

  /// queries [N, H] → the weighted sums of their sources' values [N, E]; zeros for an empty source.
  ///
  /// @param queries states of the decoder
  /// @param targets which queries belong to which source
  /// @param keys what [#keys] gave [M, A]
  /// @param values the encoder's states [M, E]
  /// @param sources as many as `targets`
  public abstract Tensor apply(
      Tensor queries, Sequences targets, Tensor keys, Tensor values, Sequences sources);
}
