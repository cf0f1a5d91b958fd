package dev.heed.model.llama;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.norm.RmsNorm;
import dev.heed.nn.transformer.GatedFeedForward;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// One block: norm, attention, residual; norm, gated feed-forward, residual. Gemma normalises the
/// two results too, before they are added.
final class LlamaLayer extends Layer {
  private final RmsNorm attentionNorm;
  private final LlamaAttention attention;
  private final @Nullable RmsNorm afterAttentionNorm;
  private final RmsNorm feedForwardNorm;
  private final GatedFeedForward feedForward;
  private final @Nullable RmsNorm afterFeedForwardNorm;

  LlamaLayer(LlamaConfiguration configuration, int number, Initializer initializer) {
    boolean after = configuration.afterNorms();
    this.attentionNorm = layer("attention_norm", norm(configuration, initializer));
    this.attention = layer("attention", new LlamaAttention(configuration, number, initializer));
    this.afterAttentionNorm =
        after ? layer("after_attention_norm", norm(configuration, initializer)) : null;
    this.feedForwardNorm = layer("feed_forward_norm", norm(configuration, initializer));
    this.feedForward =
        layer(
            "feed_forward",
            new GatedFeedForward(
                configuration.width(),
                configuration.feedForwardWidth(),
                configuration.activation(),
                configuration.feedForwardBias(),
                initializer));
    this.afterFeedForwardNorm =
        after ? layer("after_feed_forward_norm", norm(configuration, initializer)) : null;
  }

  static RmsNorm norm(LlamaConfiguration configuration, Initializer initializer) {
    return new RmsNorm(
        configuration.width(), configuration.epsilon(), configuration.onePlusNorm(), initializer);
  }

  /// x [N, D] → [N, D].
  Tensor apply(
      Tensor x,
      Sequences sequences,
      Tensor positions,
      RotaryPositions angles,
      KeyValueCache.@Nullable Layer cached) {
    Tensor h = attentionNorm.apply(x);
    Tensor attended =
        afterAttentionNorm == null
            ? attention.apply(h, sequences, positions, angles, x, cached)
            : Operations.add(
                x,
                afterAttentionNorm.apply(
                    attention.apply(h, sequences, positions, angles, null, cached)));
    Tensor g = feedForwardNorm.apply(attended);
    return afterFeedForwardNorm == null
        ? feedForward.apply(g, attended)
        : Operations.add(attended, afterFeedForwardNorm.apply(feedForward.apply(g, null)));
  }
}
