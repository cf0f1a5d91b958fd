package dev.heed.generation;

import dev.heed.model.CausalModel;
import java.util.Random;

/// Models that know nothing.
public final class RandomModels {
  private RandomModels() {}

  /// The next token depends on the last one, by chance.
  public static CausalModel bigrams(int vocabulary, long seed) {
    Random random = new Random(seed);
    double[][] probabilities = new double[vocabulary][vocabulary];
    for (double[] row : probabilities) {
      for (int i = 0; i < vocabulary; i++) {
        row[i] = Math.exp(2 * random.nextGaussian());
      }
    }
    return new BigramModel(probabilities, 1 << 20);
  }
}
