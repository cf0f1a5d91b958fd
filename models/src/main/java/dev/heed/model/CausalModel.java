package dev.heed.model;

import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;

/// A decoder-only language model: each token sees the ones before it, and the next is to be told.
public interface CausalModel extends StoredModel {
  /// ids I32 [N] → the last hidden state [N, D].
  ///
  /// @throws IllegalArgumentException if a sequence is longer than [#maximumLength]
  Tensor apply(Tensor ids, Sequences sequences);

  /// The same for tokens that come after others: ids I32 [N] → [N, D].
  ///
  /// @param texts what is known of the tokens before, one a sequence; they take up the new ones
  /// @throws IllegalArgumentException if a text would become longer than [#maximumLength]
  Tensor apply(Tensor ids, Sequences sequences, List<KeyValueCache> texts);

  /// What is known of a text of no token yet.
  KeyValueCache newCache();

  /// hidden [.., D] → logits [.., V].
  Tensor logits(Tensor hidden);

  /// The norm behind the last block, for what an earlier block gave [N, D]: with [#logits] it shows
  /// what the model would predict there already.
  Tensor finalNorm(Tensor hidden);

  /// The sum of the cross-entropy of the next tokens, in nats, whose gradient trains the model.
  ///
  /// @param targets I32 [N]: the token after each of `ids`; negative where there is none
  Tensor loss(Tensor ids, Sequences sequences, Tensor targets);

  /// The number of tokens V.
  int vocabulary();

  /// The most tokens of a sequence.
  int maximumLength();

  /// The id of the token that ends a text, −1 if none does.
  int endOfText();

  /// Refuses texts that would become too long.
  default void requireRoom(Sequences sequences, List<KeyValueCache> texts) {
    for (int i = 0; i < sequences.count(); i++) {
      long length = (long) texts.get(i).length() + sequences.length(i);
      if (length > maximumLength()) {
        throw new IllegalArgumentException(
            "a sequence must have at most %d tokens: received %d"
                .formatted(maximumLength(), length));
      }
    }
  }
}
