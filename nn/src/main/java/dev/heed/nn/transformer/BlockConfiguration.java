package dev.heed.nn.transformer;

import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.tensor.Activation;

/// What the blocks of a stack have in common.
///
/// @param width the model width D
/// @param heads the number of attention heads H, a divisor of `width`
/// @param keyWidth the width of a head's queries and keys, usually width / heads, which its values
///   have in any case
/// @param feedForwardWidth the inner width F of the feed-forward
/// @param activation the function between its two layers
/// @param normFirst whether a sub-layer normalises its input (pre-norm, as GPT-2) or the sum of its
///   input and output (post-norm, as the 2017 paper and BERT)
/// @param dropout the share dropped of each sub-layer's output in training
/// @param attentionDropout the share dropped of the attention weights in training
/// @param activationDropout the share dropped inside the feed-forward in training
/// @param epsilon what LayerNorm adds to the variance
public record BlockConfiguration(
    int width,
    int heads,
    int keyWidth,
    int feedForwardWidth,
    Activation activation,
    boolean normFirst,
    double dropout,
    double attentionDropout,
    double activationDropout,
    double epsilon) {
  /// Keys are as wide as values.
  public BlockConfiguration(
      int width,
      int heads,
      int feedForwardWidth,
      Activation activation,
      boolean normFirst,
      double dropout,
      double attentionDropout,
      double activationDropout,
      double epsilon) {
    this(
        width,
        heads,
        width / Math.max(1, heads),
        feedForwardWidth,
        activation,
        normFirst,
        dropout,
        attentionDropout,
        activationDropout,
        epsilon);
  }

  /// Keys are as wide as values, nothing is dropped inside the feed-forward.
  public BlockConfiguration(
      int width,
      int heads,
      int feedForwardWidth,
      Activation activation,
      boolean normFirst,
      double dropout,
      double attentionDropout,
      double epsilon) {
    this(
        width,
        heads,
        feedForwardWidth,
        activation,
        normFirst,
        dropout,
        attentionDropout,
        0,
        epsilon);
  }

  public BlockConfiguration {
    if (heads < 1 || width < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "heads must divide width: received heads=%d, width=%d".formatted(heads, width));
    }
    if (feedForwardWidth < 1 || keyWidth < 1) {
      throw new IllegalArgumentException(
          "feedForwardWidth and keyWidth must be 1 or more: received %d and %d"
              .formatted(feedForwardWidth, keyWidth));
    }
    if (dropout < 0 || dropout >= 1 || attentionDropout < 0 || attentionDropout >= 1) {
      throw new IllegalArgumentException(
          "dropout must be in [0, 1): received dropout=%s, attentionDropout=%s"
              .formatted(dropout, attentionDropout));
    }
    if (activationDropout < 0 || activationDropout >= 1) {
      throw new IllegalArgumentException(
          "activationDropout must be in [0, 1): received " + activationDropout);
    }
  }

  /// The shape of the blocks' attention.
  MultiHeadAttention.Configuration attention() {
    return new MultiHeadAttention.Configuration(
        width, heads, keyWidth, width / heads, heads, true, attentionDropout);
  }

  /// The blocks of the 2017 paper's base model: 512 wide, 8 heads, 2048, ReLU, post-norm, dropout
  /// 0.1.
  public static BlockConfiguration base2017() {
    return new BlockConfiguration(512, 8, 2048, Activation.RELU, false, 0.1, 0, 1e-6);
  }
}
