package dev.heed.nn.norm;

import dev.heed.nn.Initializer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;

/// Divides each row by the root of the mean of its squares, then scales each column.
///
/// Source: Zhang and Sennrich 2019.
public final class RmsNorm extends Norm {
  private final Parameter weight;
  private final double epsilon;

  /// A norm of rows `width` wide, with a gain of ones.
  public RmsNorm(int width, double epsilon, Initializer initializer) {
    this.weight = parameter("weight", initializer.ones(width));
    this.epsilon = epsilon;
  }

  @Override
  public Tensor apply(Tensor x) {
    return FusedOperations.rmsNorm(x, weight, epsilon);
  }
}
