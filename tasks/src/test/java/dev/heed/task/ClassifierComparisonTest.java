package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LabelledTexts.Example;
import dev.heed.task.ClassifierComparison.Learner;
import dev.heed.task.ClassifierComparison.Method;
import dev.heed.task.ClassifierComparison.Plan;
import dev.heed.task.ClassifierComparison.Run;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierComparisonTest {
  private final ClassifierComparison comparison =
      new ClassifierComparison(texts().split(0.2, 1), Path.of("no-encoder"), 16);

  private static LabelledTexts texts() {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      String label = i % 2 == 0 ? "good" : "bad";
      String text = "this film number " + i / 2 + " was " + label;
      examples.add(new Example(text, null, List.of(label), text));
    }
    return new LabelledTexts(examples, false, List.of());
  }

  @Test
  void aRunEndsAfterTheStepInWhichItIsStopped() {
    Plan plan = new Plan(Method.LSTM, 60, 50, 1, 0, 0);
    Learner learner = comparison.learner(plan, 1, 1, null);
    List<Long> heard = new ArrayList<>();
    var history =
        learner.run(
            new TrainingProgress() {
              @Override
              public void step(Step step) {
                heard.add(step.step());
                if (step.step() == 3) {
                  learner.stop();
                }
              }
            });
    assertThat(history.finished()).isFalse();
    assertThat(heard).containsExactly(1L, 2L, 3L);
    assertThat(learner.steps()).isEqualTo(50);
  }

  @Test
  void aStoppedRunGoesOnAndEndsAsIfItHadNotBeen(@TempDir Path folder) throws IOException {
    for (Method method : List.of(Method.GRU, Method.TRANSFORMER)) {
      Plan plan = new Plan(method, 60, 12, 1, 0, 0);
      Path checkpoints = folder.resolve(method.name());
      Learner stopped = comparison.learner(plan, 1, 1, checkpoints);
      stopped.run(after(5, stopped));
      Files.writeString(checkpoints.resolve("seconds"), "1000");
      Learner goesOn = comparison.learner(plan, 1, 1, checkpoints);
      List<Double> losses =
          goesOn.run(TrainingProgress.SILENT).steps().stream()
              .map(TrainingProgress.Step::loss)
              .toList();
      Learner whole = comparison.learner(plan, 1, 1, null);
      List<Double> all =
          whole.run(TrainingProgress.SILENT).steps().stream()
              .map(TrainingProgress.Step::loss)
              .toList();
      assertThat(losses).as(method.name()).isEqualTo(all.subList(5, 12));
      assertThat(goesOn.tried().accuracy()).isEqualTo(whole.tried().accuracy());
      assertThat(goesOn.tried().seconds()).isBetween(1000.0, 1900.0);
      assertThat(whole.tried().seconds()).isLessThan(900);
    }
  }

  private static TrainingProgress after(long steps, Learner learner) {
    return new TrainingProgress() {
      @Override
      public void step(Step step) {
        if (step.step() == steps) {
          learner.stop();
        }
      }
    };
  }

  @Test
  void whatHasNoStepsLearnsAtOnceAndIsTriedOnWhatItNeverSaw() {
    Plan plan = new Plan(Method.WORDS, 60, 0, 1, 0, 0);
    Learner learner = comparison.learner(plan, 1, 1, null);
    learner.stop(); // nothing runs
    assertThat(learner.steps()).isZero();
    assertThat(learner.run(TrainingProgress.SILENT).finished()).isTrue();
    assertThat(learner.accuracy()).isGreaterThan(0.8);
    Run run = learner.tried();
    assertThat(run.accuracy()).isGreaterThan(0.8);
    assertThat(run.texts()).isEqualTo(60);
    assertThat(run.parameters()).isPositive();
    assertThat(run.steps()).isZero();
  }
}
