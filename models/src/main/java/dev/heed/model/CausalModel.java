package dev.heed.model;

import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// A decoder-only language model: each token sees the ones before it, and the next is to be told.
public interface CausalModel {
  /// ids I32 [N] → the last hidden state [N, D].
  ///
  /// @throws IllegalArgumentException if a sequence is longer than [#maximumLength]
  Tensor apply(Tensor ids, Sequences sequences);

  /// hidden [.., D] → logits [.., V].
  Tensor logits(Tensor hidden);

  /// The number of tokens V.
  int vocabulary();

  /// The most tokens of a sequence.
  int maximumLength();

  /// The id of the token that ends a text.
  int endOfText();
}
