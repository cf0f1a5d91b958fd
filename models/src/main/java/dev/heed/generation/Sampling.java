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
/// @param penalties what makes tokens that already came less probable
public record Sampling(
    double temperature, int topK, double topP, double minP, long seed, Penalties penalties) {
  /// Tokens this much less probable than the best are looked at only where the others are too few.
  private static final double FIRST_LEAST = 1e-4;

  public Sampling {
    // Written so that NaN is refused.
    if (!(temperature >= 0 && topP > 0 && topP <= 1 && minP >= 0 && minP <= 1) || topK < 0) {
      throw new IllegalArgumentException(
          "temperature and topK must be 0 or more, topP in (0, 1], minP in [0, 1]: received"
              + " temperature=%s, topK=%d, topP=%s, minP=%s"
                  .formatted(temperature, topK, topP, minP));
    }
  }

  /// The same without penalties.
  public Sampling(double temperature, int topK, double topP, double minP, long seed) {
    this(temperature, topK, topP, minP, seed, Penalties.NONE);
  }

  /// Always the most probable token.
  public static Sampling greedy() {
    return new Sampling(0, 0, 1, 0, 0);
  }

  /// By chance, at this temperature.
  public static Sampling temperature(double temperature, long seed) {
    return new Sampling(temperature, 0, 1, 0, seed);
  }

  /// The same with tokens that already came made less probable.
  public Sampling withPenalties(Penalties penalties) {
    return new Sampling(temperature, topK, topP, minP, seed, penalties);
  }

  /// The token chosen at position `index` of a text.
  public int choose(float[] logits, long index) {
    int best = mostProbable(logits);
    if (temperature == 0 || logits[best] == Float.NEGATIVE_INFINITY) {
      return best;
    }
    double[] weights = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = StrictMath.exp((logits[i] - logits[best]) / temperature);
      sum += weights[i];
    }
    long[] order = mostProbable(weights, sum);
    double total = sum;
    if (topK > 0) { // topP is a share of what topK left
      total = 0;
      for (long ranked : order) {
        total += weights[(int) ranked];
      }
    }
    double kept = 0;
    int choices = 0;
    while (choices < order.length && kept < topP * total) {
      double weight = weights[(int) order[choices]];
      if (weight < minP) {
        break; // the best one's weight is 1
      }
      kept += weight;
      choices++;
    }
    double point = CounterRandom.uniform(CounterRandom.key(seed, index, 0), 0) * kept;
    for (int i = 0; i < choices; i++) {
      point -= weights[(int) order[i]];
      if (point < 0) {
        return (int) order[i];
      }
    }
    return choices == 0 ? best : (int) order[choices - 1];
  }

  /// The `topK` most probable tokens in descending order; fewer where `topP` needs no more. A
  /// vocabulary is large, so only as much of it is sorted as may be chosen.
  private long[] mostProbable(double[] weights, double sum) {
    for (double least = FIRST_LEAST; least > 0; least = least > 1e-200 ? least * least : 0) {
      long[] order = descending(weights, least);
      if (topK > 0 && order.length >= topK) {
        return Arrays.copyOf(order, topK);
      }
      if (topK == 0) {
        double likely = 0;
        for (long ranked : order) {
          likely += weights[(int) ranked];
        }
        if (least <= minP || topP < 1 && likely >= topP * sum) {
          return order;
        }
      }
    }
    long[] order = descending(weights, 0);
    return topK == 0 ? order : Arrays.copyOf(order, Math.min(topK, order.length));
  }

  /// The indices of the weights of at least `least`, the largest first and of equal ones the first:
  /// the weight's bits as a 32-bit float above, the index below.
  private static long[] descending(double[] weights, double least) {
    long[] order = new long[weights.length];
    int count = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] >= least) {
        // Weights are not negative, so their bits stand in their order.
        long rank = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
        order[count++] = rank - Float.floatToRawIntBits((float) weights[i]) << 32 | i;
      }
    }
    order = Arrays.copyOf(order, count);
    Arrays.sort(order);
    return order;
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
