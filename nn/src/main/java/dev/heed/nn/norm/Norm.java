package dev.heed.nn.norm;

import dev.heed.nn.Layer;
import dev.heed.tensor.Tensor;

/// A normalisation of each token row.
public abstract sealed class Norm extends Layer permits LayerNorm, RmsNorm {
  /// x [.., D] → [.., D].
  public abstract Tensor apply(Tensor x);
}
