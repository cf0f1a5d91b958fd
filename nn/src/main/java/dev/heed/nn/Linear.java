package dev.heed.nn;

import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// y = x · weightᵀ + bias, on every token row alone.
///
/// The weight is [out, in] as in PyTorch.
public final class Linear extends Layer {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /// A layer from rows `in` wide to rows `out` wide, with Glorot's initial weights and a bias of
  /// zeros.
  public Linear(int in, int out, boolean useBias, Initializer initializer) {
    this(initializer.glorotUniform(out, in), useBias ? initializer.zeros(out) : null);
  }

  /// A layer with this `weight` [out, in] and `bias` [out].
  public Linear(Tensor weight, @Nullable Tensor bias) {
    this.weight = parameter("weight", weight);
    this.bias = bias == null ? null : parameter("bias", bias);
  }

  /// x [.., in] → [.., out].
  public Tensor apply(Tensor x) {
    return apply(x, Activation.NONE, null);
  }

  /// activation(x · weightᵀ + bias) + residual, in one pass.
  public Tensor apply(Tensor x, Activation activation, @Nullable Tensor residual) {
    return FusedOperations.linear(x, weight, bias, activation, residual);
  }

  public Parameter weight() {
    return weight;
  }

  public @Nullable Parameter bias() {
    return bias;
  }
}
