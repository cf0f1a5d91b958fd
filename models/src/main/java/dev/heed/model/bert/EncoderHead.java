package dev.heed.model.bert;

import dev.heed.model.TextEncoder;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;

/// An encoder with a head on it.
public interface EncoderHead {
  /// The model below the head.
  TextEncoder encoder();

  /// The labels in the order of the logits; none where tokens of the vocabulary are guessed.
  List<String> labels();

  /// Whether there is a row for each sequence, not for each token.
  default boolean ofWholeText() {
    return false;
  }

  /// What the head makes of the encoder's output [N, D]: a row for each sequence, or for each
  /// token.
  Tensor logits(Tensor hidden, Sequences sequences);

  /// The same from token ids I32 [N] and their types I32 [N].
  default Tensor logits(Tensor ids, Sequences sequences, Tensor types) {
    return logits(encoder().apply(ids, sequences, types), sequences);
  }
}
