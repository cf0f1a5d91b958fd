package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// A training that shows its progress and ends well on Ctrl-C.
final class TrainingRun {
  private TrainingRun() {}

  /// Trains until `steps` steps are done or the process is asked to end.
  ///
  /// @param rate what a second's targets are called, such as `tokens/s`
  /// @param training trains and tells its progress
  /// @param stop ends the training after the step that runs now
  static Trainer.History train(
      HeedCommand heed,
      long steps,
      String rate,
      Function<TrainingProgress, Trainer.History> training,
      Runnable stop) {
    try (Interruption interruption = Interruption.watch();
        ProgressBar bar = heed.progress()) {
      bar.begin("", steps);
      Map<String, Double> figures = new LinkedHashMap<>();
      Trainer.History history =
          training.apply(
              new TrainingProgress() {
                @Override
                public void step(Step step) {
                  if (figures.isEmpty()) {
                    bar.startAt(step.step() - 1); // more than 0 where a run goes on
                  }
                  figures.put("loss", step.loss());
                  figures.put(rate, step.targetsPerSecond());
                  bar.update(step.step(), figures);
                  if (interruption.requested()) {
                    stop.run();
                  }
                }

                @Override
                public void evaluation(Evaluation evaluation) {
                  figures.put("val_loss", evaluation.loss());
                }
              });
      bar.end(history.steps().isEmpty() ? 0 : history.steps().getLast().step(), figures);
      return history;
    }
  }
}
