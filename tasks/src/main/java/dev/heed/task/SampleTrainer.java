package dev.heed.task;

import dev.heed.data.LengthBuckets;
import dev.heed.nn.Layer;
import dev.heed.training.AdamW;
import dev.heed.training.BestWeights;
import dev.heed.training.LearningRateSchedule;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Trains any model on samples of text: batches of like lengths, AdamW, a warm-up and a linear
/// fall; what is best on held-out samples comes out.
///
/// @param <S> the type of a sample
final class SampleTrainer<S> {
  private static final double DECAY = 0.01;

  private final TextTrainingSettings settings;
  private final Layer model;
  private final ToIntFunction<S> length;
  private final @Nullable Path checkpoints;
  private final Trainer<List<S>> trainer;

  /// @param model what learns; only its parameters that are not frozen are kept in checkpoints
  /// @param length how long a sample is
  /// @param checkpoints where the state of the run is kept; null for nowhere
  SampleTrainer(
      TextTrainingSettings settings,
      Layer model,
      ToIntFunction<S> length,
      Objective<List<S>> objective,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = new LearningParameters(model);
    this.length = length;
    this.checkpoints = checkpoints;
    Trainer.Configuration configuration =
        Trainer.Configuration.ofSteps(settings.steps(), settings.seed())
            .evaluatedEvery(settings.evaluateEvery());
    this.trainer =
        new Trainer<>(
            this.model,
            objective,
            new AdamW(this.model.parameters(), AdamW.Configuration.withDecay(DECAY)),
            LearningRateSchedule.linear(
                settings.learningRate(), Math.max(1, settings.steps() / 10), settings.steps(), 0),
            checkpoints == null
                ? configuration
                : configuration.savedTo(checkpoints, settings.evaluateEvery()));
  }

  /// Trains; at the end the model is as it was when it did best on `heldOut`.
  Trainer.History run(List<S> learned, List<S> heldOut, TrainingProgress progress) {
    BestWeights best = new BestWeights(model, checkpoints);
    Trainer.History history =
        trainer.fit(
            LengthBuckets.shuffled(learned, length, settings.textsPerStep(), settings.seed()),
            LengthBuckets.sorted(heldOut, length, settings.textsPerStep()),
            best.then(progress));
    if (history.finished()) {
      best.restore();
    }
    return history;
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  void stop() {
    trainer.stop();
  }
}
