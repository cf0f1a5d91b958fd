package dev.heed.nn.norm;

import dev.heed.nn.Initializer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Makes each row's mean 0 and variance 1, then scales and shifts each column.
///
/// Source: Ba, Kiros, Hinton 2016. The variance is the biased one, as everywhere.
public final class LayerNorm extends Norm {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final double epsilon;

  /// A norm of rows `width` wide, with a gain of ones and, if wanted, a bias of zeros.
  public LayerNorm(int width, double epsilon, boolean useBias, Initializer initializer) {
    this.weight = parameter("weight", initializer.ones(width));
    this.bias = useBias ? parameter("bias", initializer.zeros(width)) : null;
    this.epsilon = epsilon;
  }

  @Override
  public Tensor apply(Tensor x) {
    return FusedOperations.layerNorm(x, weight, bias, epsilon);
  }
}
