package dev.heed.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// The mean and the standard deviation of some runs' figures; the deviation of one is 0.
record Spread(double mean, double deviation) {
  static <R> Spread of(List<R> runs, ToDoubleFunction<R> figure) {
    double mean = runs.stream().mapToDouble(figure).average().orElse(Double.NaN);
    double squares =
        runs.stream().mapToDouble(run -> Math.pow(figure.applyAsDouble(run) - mean, 2)).sum();
    return new Spread(mean, runs.size() < 2 ? 0 : Math.sqrt(squares / (runs.size() - 1)));
  }

  /// Of a share.
  String percent() {
    return deviation == 0
        ? String.format(Locale.ROOT, "%.2f %%", 100 * mean)
        : String.format(Locale.ROOT, "%.2f ± %.2f %%", 100 * mean, 100 * deviation);
  }

  /// Of figures such as BLEU.
  String shown() {
    return deviation == 0
        ? String.format(Locale.ROOT, "%.2f", mean)
        : String.format(Locale.ROOT, "%.2f ± %.2f", mean, deviation);
  }
}
