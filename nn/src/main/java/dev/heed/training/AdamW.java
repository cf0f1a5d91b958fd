package dev.heed.training;

import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.Map;

/// Adam with decoupled weight decay; with a decay of 0 it is Adam. Biases and norms never decay.
///
/// Source: Kingma and Ba 2015; Loshchilov and Hutter 2019. The arithmetic is PyTorch's.
public final class AdamW extends Optimizer {
  private final Configuration configuration;

  /// The settings.
  ///
  /// @param beta1 how slowly the mean of the gradient forgets
  /// @param beta2 how slowly the mean of its square forgets
  /// @param epsilon what is added to the divisor
  /// @param weightDecay the share, times the learning rate, that each step takes off every weight
  public record Configuration(double beta1, double beta2, double epsilon, double weightDecay) {
    public Configuration {
      if (beta1 < 0 || beta1 >= 1 || beta2 < 0 || beta2 >= 1) {
        throw new IllegalArgumentException(
            "betas must be in [0, 1): received " + beta1 + " and " + beta2);
      }
    }

    /// 0.9, 0.999, 1e-8.
    public static Configuration withDecay(double weightDecay) {
      return new Configuration(0.9, 0.999, 1e-8, weightDecay);
    }
  }

  public AdamW(Map<String, Parameter> parameters, Configuration configuration) {
    super(parameters);
    this.configuration = configuration;
  }

  @Override
  int statesPerParameter() {
    return 2; // mean and variance
  }

  @Override
  void update(
      String name,
      Parameter parameter,
      Tensor gradient,
      long step,
      double learningRate,
      double gradientScale) {
    Kernels.active()
        .adamW(
            parameter,
            gradient,
            state(name, "mean", parameter),
            state(name, "variance", parameter),
            learningRate,
            configuration.beta1,
            configuration.beta2,
            configuration.epsilon,
            decays(parameter) ? configuration.weightDecay : 0,
            step,
            gradientScale);
  }
}
