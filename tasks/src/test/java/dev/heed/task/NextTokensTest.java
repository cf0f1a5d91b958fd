package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.data.TextPairs;
import dev.heed.task.TranslationTraining.Architecture;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NextTokensTest {
  private static final List<TextPairs.Pair> PAIRS =
      IntStream.range(0, 40)
          .mapToObj(i -> new TextPairs.Pair("n " + i * 37 % 100, i * 37 % 100 + " is it"))
          .toList();

  private static TranslationTraining training(int steps) {
    return TranslationTraining.ofNewModel(
        new Architecture(32, 1, 2, 64, 32, 0),
        new TranslationTraining.Settings(steps, 400, 1e-2, steps, 1),
        TranslationTraining.tokenizer(PAIRS, 280),
        null);
  }

  private static NextTokens of(TranslationTraining training, List<TextPairs.Pair> pairs) {
    return Objects.requireNonNull(NextTokens.of(training.translator(), pairs, done -> {}));
  }

  @Test
  void theLossIsThatOfTheTrainingAndTheAccuracyThatOfWhatItLearned() {
    TranslationTraining training = training(150);
    NextTokens before = of(training, PAIRS);
    assertThat(before.nll()).isCloseTo(training.nll(PAIRS), within(1e-4));
    assertThat(before.accuracy()).isLessThan(0.3);
    training.run(PAIRS, List.of(), TrainingProgress.SILENT);
    NextTokens after = of(training, PAIRS);
    assertThat(after.nll()).isCloseTo(training.nll(PAIRS), within(1e-4)).isLessThan(0.2);
    assertThat(after.accuracy()).isGreaterThan(0.97);
    Tokenizer tokenizer = training.translator().tokenizer();
    assertThat(after.tokens())
        .isEqualTo(
            PAIRS.stream().mapToInt(pair -> tokenizer.encode(pair.target()).ids().length).sum());
  }

  @Test
  void pairsThatAreTooLongAreLeftOut() {
    TranslationTraining training = training(1);
    TextPairs.Pair tooLong = new TextPairs.Pair("a", "abcdefghij ".repeat(9));
    assertThat(NextTokens.of(training.translator(), List.of(tooLong), done -> {})).isNull();
    assertThat(of(training, List.of(tooLong, PAIRS.getFirst())))
        .isEqualTo(of(training, List.of(PAIRS.getFirst())));
  }
}
