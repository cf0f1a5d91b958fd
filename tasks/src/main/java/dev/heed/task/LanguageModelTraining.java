package dev.heed.task;

import dev.heed.data.TokenBatches;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.AdamW;
import dev.heed.training.LearningRateSchedule;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Trains a decoder-only Transformer on texts from nothing.
///
/// [#run] may be stopped by [#stop] from another thread; what it had learned is kept, and where
/// `checkpoints` is given, a later run goes on from there.
public final class LanguageModelTraining {
  private final Settings settings;
  private final Gpt2 model;
  private final Tokenizer tokenizer;
  private final Trainer<TokenBatches.Batch> trainer;

  /// How the model looks and how long it learns.
  ///
  /// @param width the model width
  /// @param layers the number of blocks
  /// @param heads the number of attention heads
  /// @param longest the most tokens of a text
  /// @param dropout the share dropped in training
  /// @param steps how many steps
  /// @param tokensPerStep about how many tokens a step learns from
  /// @param learningRate the highest learning rate
  /// @param evaluateEvery after how many steps the held-out texts are looked at
  /// @param seed what everything random follows from
  public record Settings(
      int width,
      int layers,
      int heads,
      int longest,
      double dropout,
      long steps,
      int tokensPerStep,
      double learningRate,
      long evaluateEvery,
      long seed) {}

  /// A training of a new model.
  ///
  /// @param checkpoints where the state of the run is kept every `evaluateEvery` steps; null for
  ///   nowhere
  public LanguageModelTraining(Settings settings, Tokenizer tokenizer, @Nullable Path checkpoints) {
    this.settings = settings;
    this.tokenizer = tokenizer;
    this.model =
        new Gpt2(
            Gpt2Configuration.of(
                tokenizer.vocabularySize(),
                settings.longest,
                settings.width,
                settings.layers,
                settings.heads,
                settings.dropout),
            Initializer.seeded(settings.seed));
    Trainer.Configuration configuration =
        Trainer.Configuration.ofSteps(settings.steps, settings.seed)
            .evaluatedEvery(settings.evaluateEvery);
    this.trainer =
        new Trainer<>(
            model,
            batch ->
                new Objective.Loss(
                    model.loss(batch.ids(), batch.sequences(), batch.targets()), batch.count()),
            new AdamW(model.parameters(), new AdamW.Configuration(0.9, 0.95, 1e-8, 0.1)),
            LearningRateSchedule.cosine(
                settings.learningRate,
                Math.max(1, settings.steps / 20),
                settings.steps,
                settings.learningRate / 10),
            checkpoints == null
                ? configuration
                : configuration.savedTo(checkpoints, settings.evaluateEvery));
  }

  /// The number of the model's parameters.
  public long parameterCount() {
    return model.parameterCount();
  }

  /// The model as it is now.
  public LanguageModel model() {
    return new LanguageModel(model, tokenizer);
  }

  /// Trains on `texts` and evaluates on `heldOut`.
  public Trainer.History run(List<String> texts, List<String> heldOut, TrainingProgress progress) {
    return trainer.fit(batches(texts, true), batches(heldOut, false), progress);
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  private TokenBatches batches(List<String> texts, boolean shuffled) {
    int end = model.configuration().endOfText();
    List<int[]> ids = new ArrayList<>(texts.size());
    for (String text : texts) {
      int[] tokens = tokenizer.encode(text).ids();
      int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
      ended[tokens.length] = end;
      ids.add(ended);
    }
    return TokenBatches.of(ids, settings.tokensPerStep, settings.longest, settings.seed, shuffled);
  }
}
