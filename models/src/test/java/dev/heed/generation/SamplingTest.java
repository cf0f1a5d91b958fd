package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplingTest {
  /// Logits whose probabilities at temperature 1 are 0.1, 0.5, 0.05, 0.3, 0.05.
  private static final float[] LOGITS = logarithms(0.1, 0.5, 0.05, 0.3, 0.05);

  private static final int DRAWS = 20_000;

  @Test
  void greedyTakesTheMostProbableAndOfEqualOnesTheFirst() {
    assertThat(Sampling.greedy().choose(LOGITS, 3)).isEqualTo(1);
    assertThat(Sampling.greedy().choose(new float[] {-3, -1, -1, -2}, 0)).isEqualTo(1);
  }

  @Test
  void theSameSeedChoosesTheSameAndAnotherOneSomethingElse() {
    assertThat(draws(Sampling.temperature(1, 5))).isEqualTo(draws(Sampling.temperature(1, 5)));
    assertThat(draws(Sampling.temperature(1, 5))).isNotEqualTo(draws(Sampling.temperature(1, 6)));
  }

  @Test
  void drawsHaveTheProbabilitiesOfTheLogits() {
    requireShares(Sampling.temperature(1, 1), 0.1, 0.5, 0.05, 0.3, 0.05);
  }

  @Test
  void temperatureSharpensAndFlattens() {
    double squares = 0.01 + 0.25 + 0.0025 + 0.09 + 0.0025; // p^(1 / 0.5), not yet a sum of 1
    requireShares(
        Sampling.temperature(0.5, 2),
        0.01 / squares,
        0.25 / squares,
        0.0025 / squares,
        0.09 / squares,
        0.0025 / squares);
    requireShares(Sampling.temperature(1e9, 3), 0.2, 0.2, 0.2, 0.2, 0.2);
  }

  @Test
  void topKLeavesTheMostProbable() {
    requireShares(new Sampling(1, 2, 1, 0, 4), 0, 0.625, 0, 0.375, 0);
    requireShares(new Sampling(1, 1, 1, 0, 4), 0, 1, 0, 0, 0);
    requireShares(new Sampling(1, 99, 1, 0, 4), 0.1, 0.5, 0.05, 0.3, 0.05);
  }

  @Test
  void topPLeavesTheSmallestSetThatReachesIt() {
    requireShares(new Sampling(1, 0, 0.85, 0, 5), 1 / 9.0, 5 / 9.0, 0, 3 / 9.0, 0);
    requireShares(new Sampling(1, 0, 0.75, 0, 5), 0, 0.625, 0, 0.375, 0);
    requireShares(new Sampling(1, 0, 1e-9, 0, 5), 0, 1, 0, 0, 0);
  }

  @Test
  void topPIsAShareOfWhatTopKLeft() {
    // Of the two that remain, the first has 0.625.
    requireShares(new Sampling(1, 2, 0.6, 0, 6), 0, 1, 0, 0, 0);
    requireShares(new Sampling(1, 2, 0.65, 0, 6), 0, 0.625, 0, 0.375, 0);
  }

  @Test
  void minPLeavesWhatIsNotFarLessProbableThanTheBest() {
    requireShares(new Sampling(1, 0, 1, 0.15, 7), 1 / 9.0, 5 / 9.0, 0, 3 / 9.0, 0);
    requireShares(new Sampling(1, 0, 1, 0.55, 7), 0, 0.625, 0, 0.375, 0);
    requireShares(new Sampling(1, 0, 1, 1, 7), 0, 1, 0, 0, 0);
  }

  @Test
  void aTokenWithoutProbabilityIsNeverChosen() {
    float[] logits = {Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
    for (int i = 0; i < 200; i++) {
      assertThat(Sampling.temperature(2, 8).choose(logits, i)).isEqualTo(1);
    }
  }

  @Test
  void limitsOutsideTheirRangeAreRefused() {
    requireRefused(() -> new Sampling(-0.1, 0, 1, 0, 0), "temperature=-0.1");
    requireRefused(() -> new Sampling(Double.NaN, 0, 1, 0, 0), "temperature=NaN");
    requireRefused(() -> new Sampling(1, -1, 1, 0, 0), "topK=-1");
    requireRefused(() -> new Sampling(1, 0, 0, 0, 0), "topP=0.0");
    requireRefused(() -> new Sampling(1, 0, 1.01, 0, 0), "topP=1.01");
    requireRefused(() -> new Sampling(1, 0, Double.NaN, 0, 0), "topP=NaN");
    requireRefused(() -> new Sampling(1, 0, 1, -0.1, 0), "minP=-0.1");
    requireRefused(() -> new Sampling(1, 0, 1, 1.5, 0), "minP=1.5");
  }

  private static void requireRefused(Supplier<Sampling> sampling, String received) {
    assertThatThrownBy(sampling::get)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(received);
  }

  private static int[] draws(Sampling sampling) {
    return IntStream.range(0, DRAWS).map(i -> sampling.choose(LOGITS, i)).toArray();
  }

  /// Each share of the draws within four standard deviations.
  private static void requireShares(Sampling sampling, double... expected) {
    int[] counts = new int[expected.length];
    for (int choice : draws(sampling)) {
      counts[choice]++;
    }
    for (int i = 0; i < counts.length; i++) {
      double deviation = Math.sqrt(expected[i] * (1 - expected[i]) / DRAWS);
      assertThat(counts[i] / (double) DRAWS)
          .as("share of %d by %s", i, sampling)
          .isCloseTo(expected[i], within(4 * deviation + 1e-12));
    }
  }

  private static float[] logarithms(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (Math.log(probabilities[i]) + 3); // any constant may be added
    }
    return logits;
  }
}
