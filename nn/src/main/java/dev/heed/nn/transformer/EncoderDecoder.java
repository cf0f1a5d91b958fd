package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.SinusoidalPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// The Transformer of the 2017 paper: an encoder, a decoder, sinusoidal positions, and one table
/// that is the source's embedding, the target's embedding and the output layer.
///
/// Source: Vaswani et al. 2017.
public final class EncoderDecoder extends Layer {
  private final Configuration configuration;
  private final TokenEmbedding embedding;
  private final SinusoidalPositions positions;
  private final TransformerEncoder encoder;
  private final TransformerDecoder decoder;

  /// The shape of the model.
  ///
  /// @param vocabulary the size V of the vocabulary that source and target share
  /// @param depth the number of layers of the encoder, and of the decoder
  /// @param maximumLength the most tokens of a source or target
  public record Configuration(
      int vocabulary, int depth, int maximumLength, BlockConfiguration block) {
    public Configuration {
      if (vocabulary < 1 || depth < 1 || maximumLength < 1) {
        throw new IllegalArgumentException(
            "vocabulary, depth and maximumLength must be 1 or more: received %d, %d, %d"
                .formatted(vocabulary, depth, maximumLength));
      }
    }

    /// The paper's base model: 6 layers, 512 wide, 8 heads, 2048.
    ///
    /// Its 44,138,496 parameters beside V · 512 for the shared table: an encoder layer has 4 ·
    /// (512² + 512) for attention, 2 · 512 · 2048 + 2048 + 512 for the feed-forward and 2 · 1024
    /// for the norms, 3,152,384 in all; a decoder layer has one more attention and norm, 4,204,032.
    public static Configuration base2017(int vocabulary) {
      return new Configuration(vocabulary, 6, 1024, BlockConfiguration.base2017());
    }
  }

  public EncoderDecoder(Configuration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.block.width();
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(
                configuration.vocabulary, width, 1 / Math.sqrt(width), true, initializer));
    this.positions =
        SinusoidalPositions.of(
            configuration.maximumLength, width, SinusoidalPositions.Layout.INTERLEAVED);
    this.encoder =
        layer(
            "encoder",
            new TransformerEncoder(
                configuration.depth, configuration.block, "encoder_", initializer));
    this.decoder =
        layer(
            "decoder",
            new TransformerDecoder(configuration.depth, configuration.block, initializer));
  }

  public Configuration configuration() {
    return configuration;
  }

  /// Source ids I32 [M] → the encoder's output [M, D].
  public Tensor encode(Tensor ids, Sequences sources) {
    return encoder.apply(embed(ids, sources), sources, Mask.none());
  }

  /// Target ids I32 [N], each seeing the ones before it and the whole source → [N, D].
  public Tensor decode(Tensor ids, Sequences targets, Tensor encoded, Sequences sources) {
    return decoder.apply(embed(ids, targets), targets, encoded, sources, Mask.none());
  }

  /// The decoder's output [N, D] → logits [N, V].
  public Tensor logits(Tensor decoded) {
    return embedding.logits(decoded);
  }

  /// The sum over all targets of the cross-entropy in nats.
  ///
  /// @param inputs the target shifted right: it begins with a start token
  /// @param targets I32 [N]; negative ones are skipped
  /// @param smoothing the paper's label smoothing, 0.1
  public Tensor loss(
      Tensor source,
      Sequences sources,
      Tensor inputs,
      Sequences targetSequences,
      Tensor targets,
      double smoothing) {
    Tensor decoded = decode(inputs, targetSequences, encode(source, sources), sources);
    return FusedOperations.linearCrossEntropy(
        decoded, embedding.weight(), null, targets, smoothing);
  }

  private Tensor embed(Tensor ids, Sequences sequences) {
    Tensor x = positions.apply(embedding.apply(ids), sequences);
    return TrainingMode.dropout(x, configuration.block.dropout());
  }
}
