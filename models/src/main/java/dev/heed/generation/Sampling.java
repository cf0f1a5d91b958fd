package dev.heed.generation;

import dev.heed.tensor.CounterRandom;
import java.util.Arrays;

/// How the next token is chosen from the logits.
///
/// @param temperature what logits are divided by; 0 takes the most probable token
/// @param topK how many of the most probable tokens may be chosen; 0 for all
/// @param topP the smallest set of most probable tokens whose probabilities reach this may be
///   chosen; 1 for all
/// @param minP tokens less probable than this share of the most probable one may not be chosen; 0
///   for all
/// @param seed what the choice follows from
public record Sampling(double temperature, int topK, double topP, double minP, long seed) {
  public Sampling {
    // Written so that NaN is refused.
    if (!(temperature >= 0 && topP > 0 && topP <= 1 && minP >= 0 && minP <= 1) || topK < 0) {
      throw new IllegalArgumentException(
          "temperature and topK must be 0 or more, topP in (0, 1], minP in [0, 1]: received"
              + " temperature=%s, topK=%d, topP=%s, minP=%s"
                  .formatted(temperature, topK, topP, minP));
    }
  }

  /// Always the most probable token.
  public static Sampling greedy() {
    return new Sampling(0, 0, 1, 0, 0);
  }

  /// By chance, at this temperature.
  public static Sampling temperature(double temperature, long seed) {
    return new Sampling(temperature, 0, 1, 0, seed);
  }

  /// The token chosen at position `index` of a text.
  public int choose(float[] logits, long index) {
    if (temperature == 0) {
      return mostProbable(logits);
    }
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Float.compare(logits[b], logits[a]));
    int count = topK == 0 ? order.length : Math.min(topK, order.length);
    double[] weights = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      weights[i] = StrictMath.exp((logits[order[i]] - logits[order[0]]) / temperature);
      sum += weights[i];
    }
    double kept = 0;
    int choices = 0;
    while (choices < count && kept < topP * sum && weights[choices] >= minP * weights[0]) {
      kept += weights[choices++];
    }
    double point = CounterRandom.uniform(CounterRandom.key(seed, index, 0), 0) * kept;
    for (int i = 0; i < choices; i++) {
      point -= weights[i];
      if (point < 0) {
        return order[i];
      }
    }
    return order[Math.max(0, choices - 1)];
  }

  /// The index of the largest logit; of equal ones the first.
  static int mostProbable(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }
}
