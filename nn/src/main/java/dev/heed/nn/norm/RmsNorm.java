package dev.heed.nn.norm;

import dev.heed.nn.Initializer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;

/// Divides each row by the root of the mean of its squares, then scales each column.
///
/// Source: Zhang and Sennrich 2019.
public final class RmsNorm extends Norm {
  private final Parameter weight;
  private final double epsilon;
  private final boolean onePlus;

  /// A norm of rows `width` wide, with a gain of ones.
  public RmsNorm(int width, double epsilon, Initializer initializer) {
    this(width, epsilon, false, initializer);
  }

  /// A norm of rows `width` wide, with a gain of ones.
  ///
  /// @param onePlus whether the parameter is what the gain is above one, as in Gemma's checkpoints
  public RmsNorm(int width, double epsilon, boolean onePlus, Initializer initializer) {
    this.weight = parameter("weight", onePlus ? initializer.zeros(width) : initializer.ones(width));
    this.epsilon = epsilon;
    this.onePlus = onePlus;
  }

  @Override
  public Tensor apply(Tensor x) {
    return FusedOperations.rmsNorm(x, gain(), epsilon);
  }

  private Tensor gain() {
    if (!onePlus) {
      return weight;
    }
    Tensor one = Tensor.zeros(Shape.of(1), weight.dtype());
    one.copyFrom(Tensor.of(new float[] {1}, 1));
    return Operations.reshape(
        Operations.add(Operations.reshape(weight, weight.shape().width(), 1), one),
        weight.shape().width());
  }
}
