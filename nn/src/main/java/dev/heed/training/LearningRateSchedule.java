package dev.heed.training;

/// The learning rate of each step; steps count from 1.
public interface LearningRateSchedule {
  /// The learning rate of step `step`.
  double at(long step);

  /// The same rate at every step.
  static LearningRateSchedule constant(double rate) {
    return step -> rate;
  }

  /// Grows linearly to `peak` over `warmup` steps, then falls linearly to `last` at step `steps`.
  static LearningRateSchedule linear(double peak, long warmup, long steps, double last) {
    requireOrder(warmup, steps);
    return step ->
        step < warmup ? peak * step / warmup : peak + (last - peak) * share(step, warmup, steps);
  }

  /// Grows linearly to `peak` over `warmup` steps, then falls along half a cosine to `last` at
  /// `steps`.
  ///
  /// Source: Loshchilov and Hutter 2017, without restarts.
  static LearningRateSchedule cosine(double peak, long warmup, long steps, double last) {
    requireOrder(warmup, steps);
    return step ->
        step < warmup
            ? peak * step / warmup
            : last + (peak - last) * (1 + StrictMath.cos(Math.PI * share(step, warmup, steps))) / 2;
  }

  /// factor · width^−0.5 · min(step^−0.5, step · warmup^−1.5).
  ///
  /// Source: Vaswani et al. 2017, equation 3, where factor is 1 and warmup 4,000.
  static LearningRateSchedule inverseSquareRoot(double factor, int width, long warmup) {
    if (warmup < 1) {
      throw new IllegalArgumentException("warmup must be 1 or more: received " + warmup);
    }
    return step ->
        factor
            / Math.sqrt(width)
            * Math.min(1 / Math.sqrt((double) step), step / (warmup * Math.sqrt((double) warmup)));
  }

  private static double share(long step, long warmup, long steps) {
    return steps == warmup ? 1 : Math.min(1, (double) (step - warmup) / (steps - warmup));
  }

  private static void requireOrder(long warmup, long steps) {
    if (warmup < 0 || steps < warmup) {
      throw new IllegalArgumentException(
          "warmup must be between 0 and steps: received warmup=%d, steps=%d"
              .formatted(warmup, steps));
    }
  }
}
