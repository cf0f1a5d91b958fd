package dev.heed.model;

import dev.heed.tensor.DType;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;

/// A model in which every token sees the whole text: it turns tokens into vectors that know their
/// context.
public interface TextEncoder {
  /// ids I32 [N] → the last hidden state [N, D].
  ///
  /// @param types I32 [N]: 0 for tokens of a first text, 1 for those of a second one; models that
  ///   know no types pass over them
  /// @throws IllegalArgumentException if a sequence is longer than [#maximumLength]
  Tensor apply(Tensor ids, Sequences sequences, Tensor types);

  /// Like [#apply(Tensor, Sequences, Tensor)] with one text a sequence.
  default Tensor apply(Tensor ids, Sequences sequences) {
    return apply(ids, sequences, Tensor.zeros(Shape.of(sequences.rows()), DType.I32));
  }

  /// The width D of a token's vector.
  int width();

  /// The number of tokens V.
  int vocabulary();

  /// The most tokens of a sequence.
  int maximumLength();
}
