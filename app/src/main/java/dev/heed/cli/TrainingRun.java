package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.task.TextTrainingSettings;
import dev.heed.tensor.Kernels;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What all trainings say and do: show progress, end well on Ctrl-C, tell how it goes on.
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
      TrainingMonitor monitor =
          new TrainingMonitor(heed.notes(), bar, steps, rate, interruption, stop);
      Trainer.History history = training.apply(monitor);
      monitor.end();
      return history;
    }
  }

  /// Says what is going to be trained on what.
  ///
  /// @param data what is learned from, such as `90 texts (10 held out)`
  static void tell(HeedCommand heed, long parameters, String data, TextTrainingSettings settings) {
    heed.notes()
        .printf(
            Locale.ROOT,
            "Training %,d parameters on %s, %,d steps of %d texts, kernels: %s%n",
            parameters,
            data,
            settings.steps(),
            settings.textsPerStep(),
            Kernels.active().name());
  }

  /// Says how many rows could not be used.
  static void tellSkipped(HeedCommand heed, List<String> faults) {
    if (!faults.isEmpty()) {
      heed.notes()
          .printf(
              Locale.ROOT, "%,d rows skipped, the first: %s%n", faults.size(), faults.getFirst());
    }
  }

  /// Says how many texts were cut.
  static void tellCut(HeedCommand heed, int cut, TextTrainingSettings settings) {
    if (cut > 0) {
      heed.notes()
          .printf(
              Locale.ROOT,
              "%,d of the texts had more than %d tokens and were cut%n",
              cut,
              settings.longest());
    }
  }

  /// Says how an interrupted run goes on.
  static int interrupted(HeedCommand heed, String task, RunFolder folder) {
    heed.notes()
        .printf(
            "Interrupted: the run is saved; `heed train %s --resume %s` goes on%n",
            task, folder.path());
    return ExitCode.INTERRUPTED.code();
  }

  /// Says where the model is, and what to do with it.
  ///
  /// @param next a command, to which `--model` is added
  static int saved(HeedCommand heed, RunFolder folder, String next) {
    heed.notes().printf("Saved: %s (opens in Hugging Face too)%n", folder.path());
    heed.notes().printf("Type next: %s --model %s%n", next, folder.path());
    return ExitCode.DONE.code();
  }

  /// Prints a run's figures.
  static void print(
      HeedCommand heed, Format format, List<String> lines, Map<String, @Nullable Object> figures)
      throws IOException {
    if (format == Format.TEXT) {
      lines.forEach(heed.out()::println);
    } else {
      Json.write(heed.out(), format, json -> Json.value(json, figures));
    }
  }

  /// What is wrong with data and options together is wrong usage.
  static <T> T usable(Supplier<T> making) {
    try {
      return making.get();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
