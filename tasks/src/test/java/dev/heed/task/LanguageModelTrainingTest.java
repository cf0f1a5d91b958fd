package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.offset;

import dev.heed.generation.Sampling;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.tensor.Tensor;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanguageModelTrainingTest {
  private static final List<String> TEXTS = Sentences.TEXTS;
  private static final List<String> HELD_OUT = List.of("The ship left the city.");

  @TempDir Path folder;

  @Test
  void aFewSentencesAreLearntUntilTheModelSaysThem() {
    LanguageModelTraining training = training(150, 0, null);
    Trainer.History history = training.run(TEXTS, HELD_OUT, TrainingProgress.SILENT);
    assertThat(history.finished()).isTrue();
    assertThat(history.steps()).hasSize(150);
    double first = history.steps().getFirst().loss();
    assertThat(first).isBetween(5.0, 6.5); // about ln 300
    assertThat(history.steps().getLast().loss()).isLessThan(0.7);
    assertThat(training.model().complete("The radio", 20, Sampling.greedy()).text())
        .isEqualTo(" station played a song.");
  }

  @Test
  void heldOutTextsAreLookedAtAsOftenAsTheSettingsSay() {
    Trainer.History history = training(12, 0, null).run(TEXTS, HELD_OUT, TrainingProgress.SILENT);
    assertThat(history.evaluations())
        .extracting(TrainingProgress.Evaluation::step)
        .containsExactly(5L, 10L, 12L);
  }

  @Test
  void aRunThatWasStoppedGoesOnToTheSameWeights() {
    LanguageModelTraining whole = training(20, 0.1, null);
    whole.run(TEXTS, HELD_OUT, TrainingProgress.SILENT);

    LanguageModelTraining stopped = training(20, 0.1, folder);
    Trainer.History first =
        stopped.run(
            TEXTS,
            HELD_OUT,
            new TrainingProgress() {
              @Override
              public void step(Step step) {
                if (step.step() == 8) {
                  stopped.stop();
                }
              }
            });
    assertThat(first.finished()).isFalse();
    assertThat(first.steps()).hasSize(8);
    requireSame(stopped, whole, false);

    LanguageModelTraining resumed = training(20, 0.1, folder);
    Trainer.History rest = resumed.run(TEXTS, HELD_OUT, TrainingProgress.SILENT);
    assertThat(rest.finished()).isTrue();
    assertThat(rest.steps().getFirst().step()).isEqualTo(9);
    requireSame(resumed, whole, true);
  }

  @Test
  void anotherSeedMakesAnotherModel() {
    LanguageModelTraining one = training(2, 0, null);
    assertThat(one.parameterCount())
        .isEqualTo(
            16 * Sentences.TOKENIZER.vocabularySize()
                + (16 * 32) // positions
                + (4 * (16 * 16 + 16)) // attention
                + (2 * 16 * 64 + 64 + 16) // feed-forward
                + (3 * 2 * 16)); // norms
    requireSame(training(2, 0, null), one, true);
    requireSame(Sentences.training(2, 0, 8, null), one, false);
  }

  @Test
  void aModelThatKnowsOneTextLearnsAnother() {
    LanguageModelTraining first = training(100, 0, null);
    first.run(TEXTS, HELD_OUT, TrainingProgress.SILENT);
    first.model().save(folder);

    LanguageModelTraining second =
        LanguageModelTraining.from(
            LanguageModel.load(folder), new Adaptation.Whole(), Sentences.settings(100, 7), null);
    List<String> other = List.of("The radio sang an old song.", "The city left on time.");
    LanguageModelTraining.Foresight before = second.evaluate(other);
    assertThat(before.nll()).isCloseTo(first.evaluate(other).nll(), offset(1e-5));
    second.run(other, other, TrainingProgress.SILENT);
    LanguageModelTraining.Foresight after = second.evaluate(other);
    assertThat(after.nll()).isLessThan(0.3 * before.nll());
    assertThat(after.bytes()).isEqualTo(27 + 22);
    assertThat(after.bitsPerByte())
        .isCloseTo(after.nll() * after.tokens() / Math.log(2) / 49, offset(1e-12));
  }

  @Test
  void theModelIsAsItWasWhenItDidBestOnHeldOutTexts() {
    LanguageModelTraining training = training(60, 0, null);
    List<String> unlike = List.of("A song left the radio on the old city.");
    Trainer.History history = training.run(TEXTS.subList(0, 1), unlike, TrainingProgress.SILENT);
    List<Double> losses =
        history.evaluations().stream().map(TrainingProgress.Evaluation::loss).toList();
    double best = Collections.min(losses);
    assertThat(losses.getLast()).as("learned by heart").isGreaterThan(best + 0.01);
    assertThat(training.evaluate(unlike).nll()).isCloseTo(best, offset(1e-6));
  }

  @Test
  void textsLongerThanTheModelTakesAreRefused() {
    LanguageModel model = training(1, 0, null).model();
    LanguageModelTraining.Settings longer =
        new LanguageModelTraining.Settings(33, 1, 48, 1e-2, 5, 7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LanguageModelTraining.from(model, new Adaptation.Whole(), longer, null))
        .withMessage("the model takes at most 32 tokens: received texts of 33");
  }

  private static LanguageModelTraining training(
      long steps, double dropout, @Nullable Path checkpoints) {
    return Sentences.training(steps, dropout, 7, checkpoints);
  }

  private static void requireSame(
      LanguageModelTraining received, LanguageModelTraining expected, boolean same) {
    var parameters = ((Gpt2) received.model().model()).parameters();
    boolean all =
        ((Gpt2) expected.model().model())
            .parameters().entrySet().stream()
                .allMatch(entry -> sameBits(parameters.get(entry.getKey()), entry.getValue()));
    assertThat(all).as("the same weights").isEqualTo(same);
  }

  private static boolean sameBits(@Nullable Tensor one, Tensor other) {
    return one != null && one.memory().mismatch(other.memory()) < 0;
  }
}
