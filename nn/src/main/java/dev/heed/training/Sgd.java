package dev.heed.training;

import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.Map;

/// Stochastic gradient descent, with momentum if wanted.
///
/// Source: PyTorch's form, velocity = momentum · velocity + gradient.
public final class Sgd extends Optimizer {
  private final double momentum;

  public Sgd(Map<String, Parameter> parameters, double momentum) {
    super(parameters);
    if (momentum < 0 || momentum >= 1) {
      throw new IllegalArgumentException("momentum must be in [0, 1): received " + momentum);
    }
    this.momentum = momentum;
  }

  @Override
  int statesPerParameter() {
    return momentum == 0 ? 0 : 1;
  }

  @Override
  void update(
      String name,
      Parameter parameter,
      Tensor gradient,
      long step,
      double learningRate,
      double gradientScale) {
    Kernels kernels = Kernels.active();
    if (momentum == 0) {
      kernels.add(parameter, gradient, -learningRate * gradientScale, parameter);
      return;
    }
    Tensor velocity = state(name, "velocity", parameter);
    kernels.scale(velocity, momentum, velocity);
    kernels.add(velocity, gradient, gradientScale, velocity);
    kernels.add(parameter, velocity, -learningRate, parameter);
  }
}
