package dev.heed.nn;

import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// y = x · weightᵀ + bias, on every token row alone.
///
/// The weight is [out, in] as in PyTorch.
public final class Linear extends Layer {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private @Nullable LowRank lowRank;
  private @Nullable Tensor kept; // [in]: 1, or 0 where an input is pruned

  /// What is added to the weight: scale · b · a.
  private record LowRank(Parameter a, Parameter b, double scale) {
    /// x [.., in] → what it adds to the result [.., out], with `residual` added.
    Tensor apply(Tensor x, @Nullable Tensor residual) {
      Tensor narrow = FusedOperations.linear(x, a, null, Activation.NONE, null); // (.., r)
      return FusedOperations.linear(
          Operations.scale(narrow, scale), b, null, Activation.NONE, residual);
    }
  }

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
  public Tensor apply(Tensor input, Activation activation, @Nullable Tensor residual) {
    Tensor mask = kept;
    Tensor x = mask == null || !TrainingMode.isOn() ? input : Operations.multiply(input, mask);
    LowRank added = lowRank;
    if (added == null) {
      return FusedOperations.linear(x, weight, bias, activation, residual);
    }
    if (activation == Activation.NONE) {
      return FusedOperations.linear(x, weight, bias, Activation.NONE, added.apply(x, residual));
    }
    Tensor before = FusedOperations.linear(x, weight, bias, Activation.NONE, added.apply(x, null));
    Tensor after = Operations.activation(activation, before);
    return residual == null ? after : Operations.add(after, residual);
  }

  /// Makes the weights of some inputs zero, and has them stay so in training: they get no gradient.
  ///
  /// @param from the first input
  /// @param to the one after the last
  public void prune(int from, int to) {
    int in = weight.shape().width();
    Objects.checkFromToIndex(from, to, in);
    Tensor before = kept;
    float[] mask = new float[in];
    Arrays.fill(mask, 1);
    if (before != null) {
      mask = before.toFloatArray();
    }
    Arrays.fill(mask, from, to, 0);
    kept = Tensor.of(mask, in);
    float[] values = weight.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = mask[i % in] == 0 ? 0 : values[i];
    }
    boolean frozen = weight.isFrozen();
    weight.setFrozen(false); // now it may be written
    weight.copyFrom(Tensor.of(values, weight.shape().dimensions()));
    weight.setFrozen(frozen);
  }

  /// Adds scale · b · a to the weight, which itself stays as it is.
  ///
  /// Source: Hu et al. 2021 (LoRA).
  ///
  /// @param a [rank, in]; layers with the same input may share it
  /// @param b [out, rank]
  /// @throws IllegalStateException if something is added already
  public void adapt(Parameter a, Parameter b, double scale) {
    if (lowRank != null) {
      throw new IllegalStateException("a layer must have one low-rank update, not two");
    }
    lowRank = new LowRank(parameter("lora_a", a), parameter("lora_b", b), scale);
  }

  /// Whether something is added to the weight.
  public boolean isAdapted() {
    return lowRank != null;
  }

  /// Makes what [#adapt] added part of the weight.
  public void merge() {
    LowRank added = lowRank;
    if (added == null) {
      return;
    }
    boolean frozen = weight.isFrozen();
    if (weight.dtype().isQuantized()) {
      weight.share(FusedOperations.dequantized(weight));
    }
    weight.setFrozen(false); // now it may be written
    Tensor.noGrad(() -> {
      Tensor update = Operations.scale(Operations.matmul(added.b, added.a), added.scale);
      weight.copyFrom(Operations.add(weight, update));
      return weight;
    });
    weight.setFrozen(frozen);
    removeParameter("lora_a");
    removeParameter("lora_b");
    lowRank = null;
  }

  public Parameter weight() {
    return weight;
  }

  public @Nullable Parameter bias() {
    return bias;
  }
}
