package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A feed-forward whose inner vector is opened and closed by a gate: activation(gate) · up.
///
/// Source: Shazeer 2020 ("GLU variants"); Llama's with SiLU, Gemma's with GELU.
public final class GatedFeedForward extends Layer {
  private final Linear gate;
  private final Linear up;
  private final Linear down;
  private final Activation activation;
  private final double dropout;

  public GatedFeedForward(
      int width, int innerWidth, Activation activation, boolean useBias, Initializer initializer) {
    this(width, innerWidth, activation, useBias, 0, initializer);
  }

  /// The same with a share of the inner vector dropped in training.
  public GatedFeedForward(
      int width,
      int innerWidth,
      Activation activation,
      boolean useBias,
      double dropout,
      Initializer initializer) {
    this.gate = layer("gate", new Linear(width, innerWidth, useBias, initializer));
    this.up = layer("up", new Linear(width, innerWidth, useBias, initializer));
    this.down = layer("down", new Linear(innerWidth, width, useBias, initializer));
    this.activation = activation;
    this.dropout = dropout;
  }

  /// x [.., D] → [.., D], plus `residual` if there is one.
  public Tensor apply(Tensor x, @Nullable Tensor residual) {
    Tensor h = Operations.gated(activation, gate.apply(x), up.apply(x)); // (N, F)
    return down.apply(TrainingMode.dropout(h, dropout), Activation.NONE, residual);
  }
}
