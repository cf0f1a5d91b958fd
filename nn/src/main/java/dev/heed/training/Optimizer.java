package dev.heed.training;

import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Changes parameters by their gradients. Frozen parameters, and those without a gradient, stay.
public abstract sealed class Optimizer permits AdamW, Sgd {
  private static final String AVERAGE = "average";

  private final SequencedMap<String, Parameter> parameters;
  private final Map<String, Tensor> state = new LinkedHashMap<>();
  private double averageDecay;

  Optimizer(Map<String, Parameter> parameters) {
    this.parameters = new LinkedHashMap<>(parameters);
  }

  /// One step.
  ///
  /// @param step its number, from 1
  /// @param gradientScale what every gradient is multiplied by first
  public final void step(long step, double learningRate, double gradientScale) {
    parameters.forEach((name, parameter) -> {
      Tensor gradient = parameter.gradient();
      if (gradient != null && !parameter.isFrozen()) {
        update(name, parameter, gradient, step, learningRate, gradientScale);
        if (averageDecay > 0) {
          average(name, parameter, step);
        }
      }
    });
  }

  /// Keeps a moving average of every parameter from the first step on, for [#useAverages]. It is
  /// part of [#state], so checkpoints hold it.
  ///
  /// Source: Polyak and Juditsky 1992; what averaging the last checkpoints comes close to.
  ///
  /// @param decay how slowly it forgets: it reaches back over about 1/(1 − decay) steps, fewer in
  ///   the beginning
  public final void keepAverages(double decay) {
    if (!(decay > 0 && decay < 1)) {
      throw new IllegalArgumentException("decay must be in (0, 1): received " + decay);
    }
    averageDecay = decay;
  }

  private void average(String name, Parameter parameter, long step) {
    Tensor average = state(name, AVERAGE, parameter);
    double decay = Math.min(averageDecay, (step - 1) / (step + 9.0)); // 0 at the first step
    Kernels.active().scale(average, decay, average);
    Kernels.active().add(average, parameter, 1 - decay, average);
  }

  /// Gives every parameter its average.
  ///
  /// @throws IllegalStateException if none were kept
  public final void useAverages() {
    if (averageDecay == 0) {
      throw new IllegalStateException("keepAverages must be called before the first step");
    }
    parameters.forEach((name, parameter) -> {
      Tensor average = state.get(name + "." + AVERAGE);
      if (average != null) {
        parameter.copyFrom(average);
      }
    });
  }

  /// How many running values it keeps of each parameter.
  abstract int statesPerParameter();

  /// The memory of parameters, gradients and running values; activations are not its matter.
  final TrainingMemory memory() {
    long all = 0;
    long learning = 0;
    for (Parameter parameter : parameters.values()) {
      long bytes = parameter.dtype().bytes(parameter.shape());
      all += bytes;
      learning += parameter.isFrozen() ? 0 : bytes;
    }
    int states = statesPerParameter() + (averageDecay > 0 ? 1 : 0);
    return new TrainingMemory(all, learning, learning * states, 0);
  }

  abstract void update(
      String name,
      Parameter parameter,
      Tensor gradient,
      long step,
      double learningRate,
      double gradientScale);

  /// The running value `kind` of a parameter, zeros at first.
  final Tensor state(String name, String kind, Parameter like) {
    return state.computeIfAbsent(
        name + "." + kind, key -> Tensor.zeros(like.shape(), like.dtype()).copy());
  }

  /// The running values by `parameter.kind`: what a checkpoint needs besides the weights.
  public final Map<String, Tensor> state() {
    return Map.copyOf(state);
  }

  /// Takes over the running values of a checkpoint.
  public final void restore(Map<String, Tensor> saved) {
    state.clear();
    saved.forEach((name, tensor) -> state.put(name, tensor.copy()));
  }

  /// Forgets all gradients.
  public final void clearGradients() {
    parameters.values().forEach(Parameter::clearGradient);
  }

  /// The Euclidean norm of all gradients together.
  public final double gradientNorm() {
    double squares = 0;
    for (Parameter parameter : parameters.values()) { // their order is fixed, so the sum's bits are
      Tensor gradient = parameter.gradient();
      if (gradient != null) {
        squares += Kernels.active().sumOfSquares(gradient);
      }
    }
    return Math.sqrt(squares);
  }

  /// Whether weight decay applies: to matrices, not to biases and norms.
  static boolean decays(Parameter parameter) {
    return parameter.shape().rank() >= 2;
  }
}
