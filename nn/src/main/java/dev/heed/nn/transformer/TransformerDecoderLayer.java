package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.attention.CrossAttentionCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// Causal self-attention, attention to the encoder's output, then feed-forward, each with a
/// residual connection and a norm.
///
/// Source: Vaswani et al. 2017, figure 1, right. Differs: from the book's chapter 11, whose
/// cross-attention uses the target's padding mask; here it gets the source's.
public final class TransformerDecoderLayer extends Layer {
  private final BlockConfiguration configuration;
  private final LayerNorm selfAttentionNorm;
  private final MultiHeadAttention selfAttention;
  private final LayerNorm crossAttentionNorm;
  private final MultiHeadAttention crossAttention;
  private final LayerNorm feedForwardNorm;
  private final FeedForward feedForward;

  public TransformerDecoderLayer(BlockConfiguration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width();
    double epsilon = configuration.epsilon();
    MultiHeadAttention.Configuration heads = configuration.attention();
    this.selfAttentionNorm =
        layer("self_attention_norm", new LayerNorm(width, epsilon, true, initializer));
    this.selfAttention =
        layer("self_attention", new MultiHeadAttention(heads, "decoder_attentions", initializer));
    this.crossAttentionNorm =
        layer("cross_attention_norm", new LayerNorm(width, epsilon, true, initializer));
    this.crossAttention =
        layer("cross_attention", new MultiHeadAttention(heads, "cross_attentions", initializer));
    this.feedForwardNorm =
        layer("feed_forward_norm", new LayerNorm(width, epsilon, true, initializer));
    this.feedForward =
        layer(
            "feed_forward",
            new FeedForward(
                width,
                configuration.feedForwardWidth(),
                configuration.activation(),
                true,
                configuration.activationDropout(),
                initializer));
  }

  /// The keys and values that this layer's cross-attention makes of sources: `encoded` [M, D].
  CrossAttentionCache.KeysAndValues keysAndValues(Tensor encoded) {
    return crossAttention.keysAndValues(encoded);
  }

  /// x [N, D], tokens that come after others of their targets → [N, D].
  ///
  /// @param own what is known of those; takes up the new ones
  Tensor apply(
      Tensor x, Sequences targets, KeyValueCache.Layer own, CrossAttentionCache.Layer sources) {
    Tensor attended =
        SubLayer.apply(
            x,
            selfAttentionNorm,
            configuration,
            (h, residual) -> selfAttention.apply(h, targets, Mask.causal(), residual, own));
    Tensor crossed =
        SubLayer.apply(
            attended,
            crossAttentionNorm,
            configuration,
            (h, residual) -> crossAttention.apply(h, targets, residual, sources));
    return SubLayer.apply(crossed, feedForwardNorm, configuration, feedForward::apply);
  }

  /// x [N, D] and the encoder's output [M, D] → [N, D].
  ///
  /// @param sourceMask which rows of `encoded` may be attended to
  public Tensor apply(
      Tensor x, Sequences targets, Tensor encoded, Sequences sources, Mask sourceMask) {
    Tensor own =
        SubLayer.apply(
            x,
            selfAttentionNorm,
            configuration,
            (h, residual) ->
                selfAttention.apply(h, h, h, targets, targets, Mask.causal(), residual));
    Tensor crossed =
        SubLayer.apply(
            own,
            crossAttentionNorm,
            configuration,
            (h, residual) ->
                crossAttention.apply(h, encoded, encoded, targets, sources, sourceMask, residual));
    return SubLayer.apply(crossed, feedForwardNorm, configuration, feedForward::apply);
  }
}
