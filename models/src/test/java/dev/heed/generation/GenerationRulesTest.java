package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What may come and what becomes less probable. Expected numbers follow from the definitions; for
/// the repetition penalty from `RepetitionPenaltyLogitsProcessor`.
class GenerationRulesTest {
  private static final float NEVER = Float.NEGATIVE_INFINITY;
  private static final int[] IDS = {1, 2, 3, 1, 2};

  @Test
  void theRepetitionPenaltyCountsThePromptAndTheOthersDoNot() {
    float[] logits = {1, 2, -3, 4, 5};
    new Penalties(2, 0.5, 0.25).apply(logits, IDS, 3, 5);
    // 1 and 2 came once each in the new text, 3 in the prompt alone.
    assertThat(logits).containsExactly(1, 2 / 2f - 0.75f, -3 * 2 - 0.75f, 4 / 2f, 5);
    assertThatThrownBy(() -> new Penalties(0, 0, 0)).hasMessageContaining("repetition=0.0");
    assertThatThrownBy(() -> new Penalties(1, Double.NaN, 0)).hasMessageContaining("NaN");
  }

  @Test
  void suppressedAndBannedTokensDoNotCome() {
    GenerationRules rules =
        new GenerationRules(
            Set.of(0),
            Set.of(4),
            Set.of(3),
            List.of(List.of(2, 5), List.of(3, 6)),
            2,
            0,
            null,
            null);
    float[] first = new float[8];
    rules.apply(first, IDS, 5, 5, false);
    assertThat(first).containsExactly(NEVER, 0, 0, NEVER, NEVER, NEVER, 0, 0);
    float[] later = new float[8];
    rules.apply(later, IDS, 3, 5, false);
    assertThat(later).containsExactly(0, 0, 0, 0, NEVER, NEVER, 0, 0);
  }

  @Test
  void aSequenceComesOnlyOnce() {
    GenerationRules rules =
        new GenerationRules(Set.of(), Set.of(), Set.of(), List.of(), 0, 3, null, null);
    float[] logits = new float[5];
    rules.apply(logits, IDS, 0, 5, false); // 1 2 3 came: after 1 2 no 3
    assertThat(logits).containsExactly(0, 0, 0, NEVER, 0);
  }

  @Test
  void theFirstAndTheLastTokenMayBeForced() {
    GenerationRules rules =
        new GenerationRules(Set.of(0), Set.of(), Set.of(), List.of(), 0, 0, 3, 0);
    float[] logits = {1, 2, 3, 4};
    rules.apply(logits, IDS, 5, 5, false);
    assertThat(logits).containsExactly(NEVER, NEVER, NEVER, 4);
    float[] last = {1, 2, 3, 4};
    rules.apply(last, IDS, 3, 5, true);
    assertThat(last).containsExactly(1, NEVER, NEVER, NEVER);
  }

  @Test
  void aTextEndsBeforeAStopStringHoweverItsPiecesFall() {
    for (int size = 1; size <= 12; size++) {
      String text = "one two\nUser: three";
      StopStrings stop = new StopStrings(List.of("\nUser:", "four"));
      StringBuilder out = new StringBuilder();
      for (int at = 0; at < text.length() && !stop.reached(); at += size) {
        out.append(stop.next(text.substring(at, Math.min(text.length(), at + size))));
      }
      out.append(stop.finish());
      assertThat(out).hasToString("one two");
      assertThat(stop.reached()).isTrue();
    }
    StopStrings none = new StopStrings(List.of("abc"));
    assertThat(none.next("xab")).isEqualTo("x");
    assertThat(none.next("ab")).isEqualTo("ab");
    assertThat(none.finish()).isEqualTo("ab");
    assertThatThrownBy(() -> new StopStrings(List.of("")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void alternativesAreTheMostProbableTokensAndStoppingIsHeeded() {
    BigramModel model = new BigramModel(new double[][] {{0, 1, 0}, {0.1, 0.3, 0.6}, {0, 1, 0}}, 9);
    List<Integer> heard = new ArrayList<>();
    TextGenerator.Generated generated =
        new TextGenerator(model, Sampling.greedy(), GenerationRules.endingWith(Set.of(0)), null, 2)
            .generate(
                new int[] {1},
                5,
                id -> {
                  heard.add(id);
                  return heard.size() < 2;
                });
    assertThat(generated.ids()).containsExactly(2, 1);
    assertThat(generated.ending()).isEqualTo(TextGenerator.Ending.STOPPED);
    List<TextGenerator.Alternative> first = generated.alternatives().getFirst();
    assertThat(first).extracting(TextGenerator.Alternative::id).containsExactly(2, 1);
    assertThat(first.get(0).logProbability()).isCloseTo(Math.log(0.6), within(1e-6));
    assertThat(first.get(1).logProbability()).isCloseTo(Math.log(0.3), within(1e-6));
    assertThat(generated.logProbabilities()[0]).isCloseTo(Math.log(0.6), within(1e-6));
    TextGenerator greedy = new TextGenerator(model, Sampling.greedy());
    assertThatThrownBy(() -> greedy.generate(new int[] {1}, -1, id -> true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maximumTokens must be 0 or more: received -1");
  }
}
