package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Two linear layers with an activation between, on every token alone.
///
/// Source: Vaswani et al. 2017, section 3.3.
public final class FeedForward extends Layer {
  private final Linear inner;
  private final Linear outer;
  private final Activation activation;
  private final double dropout;

  public FeedForward(
      int width, int innerWidth, Activation activation, boolean useBias, Initializer initializer) {
    this(width, innerWidth, activation, useBias, 0, initializer);
  }

  /// The same with a share of the inner vector dropped in training.
  public FeedForward(
      int width,
      int innerWidth,
      Activation activation,
      boolean useBias,
      double dropout,
      Initializer initializer) {
    this.inner = layer("inner", new Linear(width, innerWidth, useBias, initializer));
    this.outer = layer("outer", new Linear(innerWidth, width, useBias, initializer));
    this.activation = activation;
    this.dropout = dropout;
  }

  /// x [.., D] → [.., D], plus `residual` if there is one.
  public Tensor apply(Tensor x, @Nullable Tensor residual) {
    Tensor h = inner.apply(x, activation, null); // (N, F)
    return outer.apply(TrainingMode.dropout(h, dropout), Activation.NONE, residual);
  }
}
