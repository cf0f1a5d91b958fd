package dev.heed.model.t5;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.CrossAttentionCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.nn.norm.RmsNorm;
import dev.heed.nn.transformer.FeedForward;
import dev.heed.nn.transformer.GatedFeedForward;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A block of T5's encoder or decoder: pre-norm, no biases, and scores that are not divided by the
/// root of a head's width.
final class T5Layer extends Layer {
  private final double dropout;
  private final RmsNorm attentionNorm;
  private final MultiHeadAttention attention;
  private final @Nullable RmsNorm crossAttentionNorm;
  private final @Nullable MultiHeadAttention crossAttention;
  private final RmsNorm feedForwardNorm;
  private final @Nullable FeedForward plain;
  private final @Nullable GatedFeedForward gated;

  /// @param decoder whether it attends to the encoder's output too
  T5Layer(T5Configuration configuration, boolean decoder, Initializer initializer) {
    this.dropout = configuration.dropout();
    int width = configuration.width();
    MultiHeadAttention.Configuration heads =
        new MultiHeadAttention.Configuration(
            width,
            configuration.heads(),
            configuration.headWidth(),
            configuration.headWidth(),
            configuration.heads(),
            false,
            dropout,
            1);
    this.attentionNorm = layer("attention_norm", norm(configuration, initializer));
    this.attention =
        layer(
            "attention",
            new MultiHeadAttention(
                heads, decoder ? "decoder_attentions" : "encoder_attentions", initializer));
    this.crossAttentionNorm =
        decoder ? layer("cross_attention_norm", norm(configuration, initializer)) : null;
    this.crossAttention =
        decoder
            ? layer(
                "cross_attention", new MultiHeadAttention(heads, "cross_attentions", initializer))
            : null;
    this.feedForwardNorm = layer("feed_forward_norm", norm(configuration, initializer));
    int inner = configuration.feedForwardWidth();
    this.plain =
        configuration.gated()
            ? null
            : layer(
                "feed_forward",
                new FeedForward(
                    width, inner, configuration.activation(), false, dropout, initializer));
    this.gated =
        configuration.gated()
            ? layer(
                "feed_forward",
                new GatedFeedForward(
                    width, inner, configuration.activation(), false, dropout, initializer))
            : null;
  }

  static RmsNorm norm(T5Configuration configuration, Initializer initializer) {
    return new RmsNorm(configuration.width(), configuration.epsilon(), initializer);
  }

  /// How a decoder's block reads the encoder's output.
  interface Crossing {
    Tensor apply(MultiHeadAttention attention, Tensor h, @Nullable Tensor residual);
  }

  /// x [N, D] → [N, D].
  ///
  /// @param mask with the bias of distances
  /// @param cached what is known of tokens before these; null where there are none
  /// @param crossing null in an encoder
  Tensor apply(
      Tensor x,
      Sequences sequences,
      Mask mask,
      KeyValueCache.@Nullable Layer cached,
      @Nullable Crossing crossing) {
    Tensor attended =
        around(
            x,
            attentionNorm,
            (h, residual) ->
                cached == null
                    ? attention.apply(h, h, h, sequences, sequences, mask, residual)
                    : attention.apply(h, sequences, mask, residual, cached));
    MultiHeadAttention cross = crossAttention;
    if (cross != null && crossAttentionNorm != null && crossing != null) {
      attended =
          around(attended, crossAttentionNorm, (h, residual) -> crossing.apply(cross, h, residual));
    }
    return around(attended, feedForwardNorm, this::feedForward);
  }

  private Tensor feedForward(Tensor h, @Nullable Tensor residual) {
    if (gated != null) {
      return gated.apply(h, residual);
    }
    if (plain != null) {
      return plain.apply(h, residual);
    }
    throw new IllegalStateException("a block has one feed-forward");
  }

  private interface Body {
    Tensor apply(Tensor h, @Nullable Tensor residual);
  }

  private Tensor around(Tensor x, RmsNorm norm, Body body) {
    Tensor h = norm.apply(x);
    return TrainingMode.isOn() && dropout > 0
        ? Operations.add(x, TrainingMode.dropout(body.apply(h, null), dropout))
        : body.apply(h, x); // the kernel adds the residual as it stores
  }

  /// The keys and values that the cross-attention makes of sources: `encoded` [M, D].
  CrossAttentionCache.KeysAndValues keysAndValues(Tensor encoded) {
    if (crossAttention == null) {
      throw new IllegalStateException("an encoder's block attends to no sources");
    }
    return crossAttention.keysAndValues(encoded);
  }
}
