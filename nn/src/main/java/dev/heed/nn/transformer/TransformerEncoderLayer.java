package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Self-attention, then feed-forward, each with a residual connection and a norm. With a causal
/// mask it is the block of a decoder-only model such as GPT-2.
///
/// Source: Vaswani et al. 2017, figure 1, left.
public final class TransformerEncoderLayer extends Layer {
  private final BlockConfiguration configuration;
  private final LayerNorm attentionNorm;
  private final MultiHeadAttention attention;
  private final LayerNorm feedForwardNorm;
  private final FeedForward feedForward;

  /// A layer whose attention weights a trace lists under `kind`.
  public TransformerEncoderLayer(
      BlockConfiguration configuration, String kind, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width();
    double epsilon = configuration.epsilon();
    this.attentionNorm = layer("attention_norm", new LayerNorm(width, epsilon, true, initializer));
    this.attention =
        layer("attention", new MultiHeadAttention(configuration.attention(), kind, initializer));
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

  /// x [N, D] → [N, D].
  ///
  /// @param cached what is known of tokens before these; null where there are none
  public Tensor apply(
      Tensor x, Sequences sequences, Mask mask, KeyValueCache.@Nullable Layer cached) {
    Tensor attended =
        SubLayer.apply(
            x,
            attentionNorm,
            configuration,
            (h, residual) ->
                cached == null
                    ? attention.apply(h, h, h, sequences, sequences, mask, residual)
                    : attention.apply(h, sequences, mask, residual, cached));
    return SubLayer.apply(attended, feedForwardNorm, configuration, feedForward::apply);
  }
}
