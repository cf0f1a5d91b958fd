package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.TextPairs;
import dev.heed.task.TranslationComparison.Length;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TranslationComparisonTest {
  private static List<TextPairs.Pair> pairs(int... words) {
    return IntStream.of(words)
        .mapToObj(n -> new TextPairs.Pair("a".repeat(n).replace("a", "ein ").strip(), "one " + n))
        .toList();
  }

  @Test
  void heldOutPairsAreGroupedByTheWordsOfTheirSourcesAndEqualOnesStayTogether() {
    var split =
        new TextPairs.Split(
            pairs(IntStream.rangeClosed(1, 30).toArray()), pairs(9, 2, 2, 5, 3, 2, 7, 4, 40));
    TranslationComparison comparison = new TranslationComparison(split, 300, 16, 24);
    assertThat(comparison.lengths())
        .containsExactly(
            new Length(2, 2, 3), new Length(3, 3, 1), new Length(4, 5, 2), new Length(7, 9, 2));
    assertThat(comparison.learned()).isBetween(18, 23); // those that are not too long nor kept back
  }

  @Test
  void pairsThatAreAllTooLongAreRefused() {
    var split = new TextPairs.Split(pairs(20, 21, 22), pairs(20));
    assertThatThrownBy(() -> new TranslationComparison(split, 300, 16, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of at most 3 tokens: received 0");
  }
}
