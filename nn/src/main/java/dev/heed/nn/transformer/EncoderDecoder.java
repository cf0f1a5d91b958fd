package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.LearnedPositions;
import dev.heed.nn.embedding.Positions;
import dev.heed.nn.embedding.SinusoidalPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The Transformer of the 2017 paper: an encoder that reads a source, and a decoder that makes a
/// target from it; and its descendants Marian and BART, as their [EncoderDecoderConfiguration]
/// says.
///
/// Source: Vaswani et al. 2017.
public class EncoderDecoder extends Layer {
  /// Rows that BART's tables begin with and that nothing reads.
  private static final int UNUSED_POSITIONS = 2;

  private final EncoderDecoderConfiguration configuration;
  private final Input source;
  private final Input target;
  private final TransformerEncoder encoder;
  private final TransformerDecoder decoder;
  private final Parameter output; // (V, D)
  private final @Nullable Parameter outputBias; // (1, V)

  /// A model with the paper's initial weights; tables with deviation 1/√D.
  public EncoderDecoder(EncoderDecoderConfiguration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width();
    double deviation = 1 / Math.sqrt(width);
    boolean shared = configuration.sharedTable();
    TokenEmbedding sourceTable =
        layer(
            shared ? "embedding" : "source_embedding",
            table(configuration.encoder(), deviation, initializer));
    TokenEmbedding targetTable =
        shared
            ? sourceTable
            : layer("target_embedding", table(configuration.decoder(), deviation, initializer));
    this.source = input("source", sourceTable, configuration.encoder(), initializer);
    this.target = input("target", targetTable, configuration.decoder(), initializer);
    this.encoder =
        layer(
            "encoder",
            new TransformerEncoder(
                configuration.encoder().depth(),
                configuration.encoder().block(),
                "encoder_",
                initializer));
    this.decoder =
        layer(
            "decoder",
            new TransformerDecoder(
                configuration.decoder().depth(), configuration.decoder().block(), initializer));
    int vocabulary = configuration.decoder().vocabulary();
    this.output =
        configuration.tiedOutput()
            ? targetTable.weight()
            : parameter("output.weight", initializer.normal(deviation, vocabulary, width));
    this.outputBias =
        configuration.outputBias()
            ? parameter("output.bias", initializer.zeros(1, vocabulary))
            : null;
  }

  private TokenEmbedding table(
      EncoderDecoderConfiguration.Side side, double deviation, Initializer initializer) {
    return new TokenEmbedding(
        side.vocabulary(), configuration.width(), deviation, configuration.scaled(), initializer);
  }

  /// What stands between a side's token ids and its first block.
  private record Input(
      TokenEmbedding embedding,
      @Nullable SinusoidalPositions waves,
      @Nullable LearnedPositions learned,
      @Nullable LayerNorm norm,
      int maximumLength,
      double dropout) {
    Tensor apply(Tensor ids, Sequences sequences) {
      return apply(ids, Positions.of(sequences, maximumLength));
    }

    Tensor apply(Tensor ids, Tensor positions) {
      Tensor x = embedding.apply(ids);
      x = waves == null ? x : waves.apply(x, positions);
      x = learned == null ? x : learned.apply(x, behindUnused(positions));
      return TrainingMode.dropout(norm == null ? x : norm.apply(x), dropout);
    }
  }

  private static Tensor behindUnused(Tensor positions) {
    int[] rows = positions.toIntArray();
    for (int i = 0; i < rows.length; i++) {
      rows[i] += UNUSED_POSITIONS;
    }
    return Tensor.of(rows, rows.length);
  }

  private Input input(
      String name,
      TokenEmbedding table,
      EncoderDecoderConfiguration.Side side,
      Initializer initializer) {
    int longest = configuration.maximumLength();
    int width = configuration.width();
    SinusoidalPositions.Layout layout =
        switch (configuration.positions()) {
          case INTERLEAVED_WAVES -> SinusoidalPositions.Layout.INTERLEAVED;
          case HALVED_WAVES -> SinusoidalPositions.Layout.HALVES;
          case LEARNED -> null;
        };
    return new Input(
        table,
        layout == null ? null : SinusoidalPositions.of(longest, width, layout),
        layout == null
            ? layer(
                name + "_positions",
                new LearnedPositions(
                    longest + UNUSED_POSITIONS, width, 1 / Math.sqrt(width), initializer))
            : null,
        configuration.embeddingNorm()
            ? layer(name + "_norm", new LayerNorm(width, side.block().epsilon(), true, initializer))
            : null,
        longest,
        side.block().dropout());
  }

  public final EncoderDecoderConfiguration configuration() {
    return configuration;
  }

  /// Source ids I32 [M] → the encoder's output [M, D].
  public final Tensor encode(Tensor ids, Sequences sources) {
    return encoder.apply(source.apply(ids, sources), sources, Mask.none());
  }

  /// Target ids I32 [N], each seeing the ones before it and the whole source → [N, D].
  public final Tensor decode(Tensor ids, Sequences targets, Tensor encoded, Sequences sources) {
    return decoder.apply(target.apply(ids, targets), targets, encoded, sources, Mask.none());
  }

  /// What is known of a target of no token yet, for each source: `encoded` [M, D].
  public final List<DecoderCache> newCaches(Tensor encoded, Sequences sources) {
    return decoder.newCaches(encoded, sources);
  }

  /// Target ids I32 [N] that come after others of their targets → [N, D].
  ///
  /// @param texts what is known of each target; takes up the new tokens
  public final Tensor decode(Tensor ids, Sequences targets, List<DecoderCache> texts) {
    List<KeyValueCache> own = DecoderCache.targets(texts);
    for (int i = 0; i < own.size(); i++) {
      long length = (long) own.get(i).length() + targets.length(i);
      if (length > configuration.maximumLength()) {
        throw new IllegalArgumentException(
            "a sequence must have at most %d tokens: received %d"
                .formatted(configuration.maximumLength(), length));
      }
    }
    Tensor x = target.apply(ids, KeyValueCache.positions(targets, own));
    return decoder.apply(x, targets, texts);
  }

  /// The decoder's output [N, D] → logits [N, V].
  public final Tensor logits(Tensor decoded) {
    return FusedOperations.linear(decoded, output, outputBias, Activation.NONE, null);
  }

  /// The sum over all targets of the cross-entropy in nats.
  ///
  /// @param inputs the target shifted right: it begins with a start token
  /// @param targets I32 [N]; negative ones are skipped
  /// @param smoothing the paper's label smoothing, 0.1
  public final Tensor loss(
      Tensor source,
      Sequences sources,
      Tensor inputs,
      Sequences targetSequences,
      Tensor targets,
      double smoothing) {
    Tensor decoded = decode(inputs, targetSequences, encode(source, sources), sources);
    return FusedOperations.linearCrossEntropy(decoded, output, outputBias, targets, smoothing);
  }
}
