package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.CausalModel;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// The rule of `heed perplexity`, told out by hand.
class PerplexityTest {
  private static final int[] IDS = {5, 9, 3, 7, 5, 8, 2, 6, 4, 3, 9};

  private final CausalModel model = Sentences.training(1, 0, 7, null).model().model();

  @Test
  void windowsAreSequencesOfTheirOwn() {
    // 0…3, 4…7, 8…10: the first of each has nothing before it.
    double expected = nll(1, 5, 9, 3, 7) + nll(1, 5, 8, 2, 6) + nll(1, 4, 3, 9);
    requireEqual(Perplexity.of(model, IDS, new int[0], 4, 0), expected, 8);
  }

  @Test
  void aTokenBeforeTheTextStandsBeforeEachWindowAndTakesAPlace() {
    double expected =
        nll(1, 0, 5, 9, 3) + nll(1, 0, 7, 5, 8) + nll(1, 0, 2, 6, 4) + nll(1, 0, 3, 9);
    requireEqual(Perplexity.of(model, IDS, new int[] {0}, 4, 0), expected, 11);
  }

  @Test
  void overlappingWindowsScoreOnlyWhatIsNew() {
    // 0…3, 2…5, 4…7, 6…9, 8…10
    double expected =
        nll(1, 5, 9, 3, 7)
            + nll(2, 3, 7, 5, 8)
            + nll(2, 5, 8, 2, 6)
            + nll(2, 2, 6, 4, 3)
            + nll(2, 4, 3, 9);
    requireEqual(Perplexity.of(model, IDS, new int[0], 4, 2), expected, 10);
  }

  @Test
  void whatCannotBeScoredIsRefused() {
    assertThatThrownBy(() -> Perplexity.of(model, new int[] {3}, new int[0], 4, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received 1 tokens");
    assertThatThrownBy(() -> Perplexity.of(model, IDS, new int[0], 4, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received 4 and 5");
    assertThatThrownBy(() -> Perplexity.of(model, IDS, new int[] {0}, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2…32");
  }

  private static void requireEqual(Perplexity received, double sum, int count) {
    assertThat(received.tokens()).isEqualTo(count);
    assertThat(received.nll()).isCloseTo(sum / count, within(1e-5));
    assertThat(received.perplexity()).isCloseTo(Math.exp(sum / count), within(1e-3));
  }

  /// −ln p of the window's tokens from `first` on.
  private double nll(int first, int... window) {
    return Tensor.noGrad(() -> {
      Tensor hidden =
          model.apply(Tensor.of(window, window.length), Sequences.ofLengths(window.length));
      Tensor probabilities = Operations.softmax(model.logits(hidden));
      double sum = 0;
      for (int i = first; i < window.length; i++) {
        sum -= Math.log(probabilities.get(i - 1, window[i]));
      }
      return sum;
    });
  }
}
