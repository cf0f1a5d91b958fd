package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.AdamW;
import dev.heed.training.LearningRateSchedule;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Trains any model that makes a target from a source on texts and their translations: label
/// smoothing, warm-up, and averaged weights at the end.
final class PairTrainer {
  private static final double AVERAGE_DECAY = 0.998;

  private final TranslationTraining.Settings settings;
  private final int startToken;
  private final AdamW optimizer;
  private final Trainer<PairBatches.Batch> trainer;

  /// The sum over all targets of a batch of the cross-entropy in nats.
  interface Loss {
    Tensor of(
        Tensor source,
        Sequences sources,
        Tensor inputs,
        Sequences targetSequences,
        Tensor targets,
        double smoothing);
  }

  /// @param startToken the token before a target's first
  /// @param checkpoints where the state of the run is kept; null for nowhere
  PairTrainer(
      TranslationTraining.Settings settings,
      Layer model,
      Loss loss,
      int startToken,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.startToken = startToken;
    this.optimizer = new AdamW(model.parameters(), new AdamW.Configuration(0.9, 0.98, 1e-9, 0.01));
    optimizer.keepAverages(AVERAGE_DECAY);
    Trainer.Configuration configuration =
        Trainer.Configuration.ofSteps(settings.steps(), settings.seed())
            .evaluatedEvery(settings.evaluateEvery());
    this.trainer =
        new Trainer<>(
            model,
            batch ->
                new Objective.Loss(
                    loss.of(
                        batch.source(),
                        batch.sources(),
                        batch.inputs(),
                        batch.targetSequences(),
                        batch.targets(),
                        TrainingMode.isOn() ? settings.labelSmoothing() : 0),
                    batch.count()),
            optimizer,
            // Falls below the paper's inverse square root, because the number of steps is known.
            LearningRateSchedule.cosine(
                settings.learningRate(),
                Math.max(1, Math.min(4000, settings.steps() / 10)),
                settings.steps(),
                settings.learningRate() / 50),
            checkpoints == null
                ? configuration
                : configuration.savedTo(checkpoints, settings.evaluateEvery()));
  }

  /// Trains on `learned` and evaluates on `heldOut`, or not where that is empty. At the end the
  /// model has the average of its last weights.
  Trainer.History run(
      List<PairBatches.Pair> learned, List<PairBatches.Pair> heldOut, TrainingProgress progress) {
    Trainer.History history =
        trainer.fit(
            batches(learned, true), heldOut.isEmpty() ? null : batches(heldOut, false), progress);
    if (history.finished()) {
      optimizer.useAverages();
    }
    return history;
  }

  /// The mean of −ln p of the pairs' target tokens under the model as it is now, in nats.
  double nll(List<PairBatches.Pair> pairs) {
    return trainer.evaluate(batches(pairs, false));
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  void stop() {
    trainer.stop();
  }

  private PairBatches batches(List<PairBatches.Pair> pairs, boolean shuffled) {
    return PairBatches.of(pairs, settings.tokensPerStep(), startToken, settings.seed(), shuffled);
  }

  /// The tokens of the pairs that have at most `longest` of them on both sides.
  static List<PairBatches.Pair> encoded(
      Tokenizer sources, Tokenizer targets, List<TextPairs.Pair> pairs, int longest) {
    return pairs.stream()
        .map(pair ->
            new PairBatches.Pair(
                sources.encode(pair.source()).ids(), targets.encode(pair.target()).ids()))
        .filter(pair -> pair.source().length <= longest && pair.target().length <= longest)
        .toList();
  }
}
