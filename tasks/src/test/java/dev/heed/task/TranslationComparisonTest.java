package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.TextPairs;
import dev.heed.task.TranslationComparison.Learner;
import dev.heed.task.TranslationComparison.Length;
import dev.heed.task.TranslationComparison.Method;
import dev.heed.task.TranslationComparison.Plan;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void aStoppedRunGoesOnAndEndsAsIfItHadNotBeen(@TempDir Path folder) {
    int[] words = IntStream.rangeClosed(1, 15).toArray();
    TranslationComparison comparison =
        new TranslationComparison(new TextPairs.Split(pairs(words), pairs(3, 4)), 300, 16, 24);
    for (Method method : List.of(Method.BAHDANAU, Method.TRANSFORMER)) {
      Plan plan = new Plan(method, 8, 0, 0);
      Path checkpoints = folder.resolve(method.name());
      Learner stopped = comparison.learner(plan, 1e-3, 1, checkpoints);
      stopped.run(
          new TrainingProgress() {
            @Override
            public void step(Step step) {
              if (step.step() == 3) {
                stopped.stop();
              }
            }
          });
      Learner goesOn = comparison.learner(plan, 1e-3, 1, checkpoints);
      assertThat(goesOn.run(TrainingProgress.SILENT).steps()).as(method.name()).hasSize(5);
      Learner whole = comparison.learner(plan, 1e-3, 1, null);
      whole.run(TrainingProgress.SILENT);
      assertThat(goesOn.nll()).as(method.name()).isEqualTo(whole.nll());
    }
  }

  @Test
  void pairsThatAreAllTooLongAreRefused() {
    var split = new TextPairs.Split(pairs(20, 21, 22), pairs(20));
    assertThatThrownBy(() -> new TranslationComparison(split, 300, 16, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of at most 3 tokens: received 0");
  }
}
