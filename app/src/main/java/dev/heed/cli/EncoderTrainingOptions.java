package dev.heed.cli;

import dev.heed.task.TextTrainingSettings;
import dev.heed.task.TrainingOutcome;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of every training of an encoder on texts: where the run goes, what it begins with
/// and how long it learns. To be mixed in.
final class EncoderTrainingOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "the run's folder, new or empty (default: models/TASK in Heed's home)")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "go on with the run in this folder, which was interrupted")
  private @Nullable Path resume;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description = "begin with this encoder, such as minilm, instead of nothing")
  private @Nullable String from;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "how many training steps (default: by the number of texts)")
  private @Nullable Long steps;

  @Option(
      names = "--texts-per-step",
      paramLabel = "N",
      description = "from how many texts a step learns (default: 32)")
  private @Nullable Integer textsPerStep;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description = "the highest one (default: 0.001; 0.00005 for a whole encoder)")
  private @Nullable Double learningRate;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "the most tokens of a text (default: ${DEFAULT-VALUE})")
  private int context = TextTrainingSettings.LONGEST;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      description = "how much of the data is held out (default: ${DEFAULT-VALUE})")
  private double validation = 0.1;

  @Mixin private TrainingOptions training = new TrainingOptions();

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "of the figures: text, json or jsonl (default: text)")
  private Format format = Format.TEXT;

  /// The folder of the run to go on with, which must be one of `task`; null for a new run.
  @Nullable RunFolder resumed(String task) throws IOException {
    return resume == null ? null : RunFolder.read(resume, task);
  }

  /// Where a new run goes.
  Path place(HeedCommand heed, String task) {
    return out == null ? SavedModels.folder(heed).resolve(task) : out;
  }

  /// The pretrained encoder, null for a new model.
  @Nullable String from() {
    return from;
  }

  double validation() {
    return validation;
  }

  Format format() {
    return format;
  }

  /// `usual`, but where the options say otherwise.
  TextTrainingSettings settings(TextTrainingSettings usual) {
    long count = steps == null ? usual.steps() : steps;
    return new TextTrainingSettings(
        context,
        count,
        textsPerStep == null ? usual.textsPerStep() : textsPerStep,
        learningRate == null ? usual.learningRate() : learningRate,
        Math.max(1, count / 10),
        usual.seed());
  }

  /// Refuses what no training can do.
  void check() {
    if ((steps != null && steps < 1) || (textsPerStep != null && textsPerStep < 1) || context < 3) {
      throw CommandFailure.usage(
          "--steps and --texts-per-step must be 1 or more, --context 3 or more: received %s, %s, %d"
              .formatted(steps, textsPerStep, context));
    }
    if (!(validation > 0 && validation < 1)) {
      throw CommandFailure.usage("--validation must be between 0 and 1: received " + validation);
    }
  }

  /// Trains as asked, and says how many texts were cut.
  ///
  /// @param rate what a second's targets are called, such as `texts/s`
  /// @param learning trains and tells its progress
  /// @param stop ends the training after the step that runs now
  /// @return false if it was interrupted
  boolean train(
      HeedCommand heed,
      RunFolder run,
      TextTrainingSettings settings,
      String rate,
      Function<TrainingProgress, TrainingOutcome> learning,
      Runnable stop) {
    AtomicInteger cut = new AtomicInteger();
    boolean finished =
        training
            .train(
                heed,
                run.path(),
                settings.steps(),
                rate,
                progress -> {
                  TrainingOutcome outcome = learning.apply(progress);
                  cut.set(outcome.cut());
                  return outcome.history();
                },
                stop)
            .finished();
    TrainingRun.tellCut(heed, cut.get(), settings);
    return finished;
  }
}
