package dev.heed.model;

import dev.heed.nn.attention.DecoderCache;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/// An encoder-decoder model: it reads a source and makes a target from it, token by token.
public interface SequenceToSequenceModel {
  /// Source ids I32 [M] → the encoder's output [M, D].
  ///
  /// @throws IllegalArgumentException if a source is longer than [#maximumLength]
  Tensor encode(Tensor ids, Sequences sources);

  /// Target ids I32 [N], each seeing the ones before it and the whole source → [N, D].
  Tensor decode(Tensor ids, Sequences targets, Tensor encoded, Sequences sources);

  /// What is known of a target of no token yet, for each source: `encoded` [M, D].
  List<DecoderCache> newCaches(Tensor encoded, Sequences sources);

  /// Target ids I32 [N] that come after others of their targets → [N, D].
  ///
  /// @param texts what is known of each target; takes up the new tokens
  Tensor decode(Tensor ids, Sequences targets, List<DecoderCache> texts);

  /// The decoder's output [N, D] → logits [N, V].
  Tensor logits(Tensor decoded);

  /// The sum over all targets of the cross-entropy in nats.
  ///
  /// @param inputs the target shifted right: it begins with [#startToken]
  /// @param targets I32 [N]; negative ones are skipped
  /// @param smoothing the share of a target's probability that is spread over all tokens
  Tensor loss(
      Tensor source,
      Sequences sources,
      Tensor inputs,
      Sequences targetSequences,
      Tensor targets,
      double smoothing);

  /// The number of tokens that a source may have.
  int sourceVocabulary();

  /// The number of tokens V that a target may have.
  int vocabulary();

  /// The most tokens of a source or target.
  int maximumLength();

  /// The token before a target's first.
  int startToken();

  /// The token that ends a source or target.
  int endToken();

  /// Writes a directory that Hugging Face's class of the family opens: weights and configuration.
  ///
  /// @throws java.io.UncheckedIOException if a file cannot be written
  void save(Path directory);
}
