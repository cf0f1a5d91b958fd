package dev.heed.task;

import dev.heed.data.StoredTokens;
import dev.heed.data.TokenBatches;
import dev.heed.model.CausalModel;
import dev.heed.model.Lora;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Parallel;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.AdamW;
import dev.heed.training.BestWeights;
import dev.heed.training.LearningRateSchedule;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingMemory;
import dev.heed.training.TrainingProgress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Trains a decoder-only Transformer on texts: a new one, or one that knows a language already.
///
/// [#run] may be stopped by [#stop] from another thread; what it had learned is kept, and where
/// `checkpoints` is given, a later run goes on from there.
public final class LanguageModelTraining {
  /// Of texts that come in parts; shorter ones are encoded whole.
  private static final int CHARACTERS_AT_ONCE = 1 << 22;

  private final Settings settings;
  private final CausalModel model;
  private final @Nullable Lora lora;
  private final Layer learning;
  private final Tokenizer tokenizer;
  private final @Nullable Path checkpoints;
  private final Trainer<TokenBatches.Batch> trainer;

  /// How a new model looks.
  ///
  /// @param width the model width
  /// @param layers the number of blocks
  /// @param heads the number of attention heads
  /// @param longest the most tokens of a text
  /// @param dropout the share dropped in training
  public record Architecture(int width, int layers, int heads, int longest, double dropout) {}

  /// How long a model learns.
  ///
  /// @param longest the most tokens of a piece of text; longer texts are cut
  /// @param steps how many steps
  /// @param tokensPerStep about how many tokens a step learns from
  /// @param learningRate the highest learning rate
  /// @param evaluateEvery after how many steps the held-out texts are looked at
  /// @param seed what everything random follows from
  public record Settings(
      int longest,
      long steps,
      int tokensPerStep,
      double learningRate,
      long evaluateEvery,
      long seed) {}

  private LanguageModelTraining(
      Settings settings,
      CausalModel model,
      @Nullable Lora lora,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = model;
    this.lora = lora;
    this.learning = new LearningParameters(model.layer());
    this.tokenizer = tokenizer;
    this.checkpoints = checkpoints;
    Trainer.Configuration configuration =
        Trainer.Configuration.ofSteps(settings.steps, settings.seed)
            .evaluatedEvery(settings.evaluateEvery);
    this.trainer =
        new Trainer<>(
            learning,
            batch ->
                new Objective.Loss(
                    model.loss(batch.ids(), batch.sequences(), batch.targets()), batch.count()),
            new AdamW(learning.parameters(), new AdamW.Configuration(0.9, 0.95, 1e-8, 0.1)),
            LearningRateSchedule.cosine(
                settings.learningRate,
                Math.max(1, settings.steps / 20),
                settings.steps,
                settings.learningRate / 10),
            checkpoints == null
                ? configuration
                : configuration.savedTo(checkpoints, settings.evaluateEvery));
  }

  /// A training of a new model.
  ///
  /// @param checkpoints where the state of the run is kept every `evaluateEvery` steps; null for
  ///   nowhere
  /// @throws IllegalStateException if it would need more memory than there is
  public static LanguageModelTraining ofNewModel(
      Architecture architecture,
      Settings settings,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    Gpt2Configuration shape =
        Gpt2Configuration.of(
            tokenizer.vocabularySize(),
            architecture.longest,
            architecture.width,
            architecture.layers,
            architecture.heads,
            architecture.dropout);
    TrainingMemory.requireRoomFor(new Gpt2(shape, Initializer.beforeLoading()));
    Gpt2 model = new Gpt2(shape, Initializer.seeded(settings.seed));
    return new LanguageModelTraining(settings, model, null, tokenizer, checkpoints);
  }

  /// A training that goes on with a model.
  ///
  /// @param adaptation how much of it learns
  /// @throws IllegalArgumentException if the texts may be longer than the model's longest
  public static LanguageModelTraining from(
      LanguageModel pretrained,
      Adaptation adaptation,
      Settings settings,
      @Nullable Path checkpoints) {
    CausalModel model = pretrained.model();
    if (settings.longest > model.maximumLength()) {
      throw new IllegalArgumentException(
          "the model takes at most %d tokens: received texts of %d"
              .formatted(model.maximumLength(), settings.longest));
    }
    Lora lora = adaptation.prepare(model, model.layer(), "CAUSAL_LM", settings.seed);
    return new LanguageModelTraining(settings, model, lora, pretrained.tokenizer(), checkpoints);
  }

  /// The number of the parameters that learn.
  public long parameterCount() {
    return learning.parameterCount();
  }

  /// The model as it is now.
  public LanguageModel model() {
    return new LanguageModel(model, lora, tokenizer);
  }

  /// Trains on `texts`; at the end the model is as it was when it did best on `heldOut`.
  public Trainer.History run(List<String> texts, List<String> heldOut, TrainingProgress progress) {
    return run(whole(texts), whole(heldOut), progress);
  }

  /// The same with texts of [#tokens].
  public Trainer.History run(StoredTokens texts, StoredTokens heldOut, TrainingProgress progress) {
    BestWeights best = new BestWeights(learning, checkpoints);
    Trainer.History history =
        trainer.fit(batches(texts, true), batches(heldOut, false), best.then(progress));
    if (history.finished()) {
      best.restore();
    }
    return history;
  }

  /// The tokens of texts, which may be larger than memory: many go to a file among the checkpoints,
  /// which goes with this process.
  ///
  /// @param texts each in parts, such as [dev.heed.tokenizer.TextFiles] gives them: they are joined
  ///   to pieces of some millions of characters, each of which has the tokens that it has alone
  public StoredTokens tokens(Iterable<? extends Iterable<String>> texts) {
    try (StoredTokens.Writer writer = new StoredTokens.Writer(checkpoints)) {
      for (Iterable<String> text : texts) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        boolean begins = true;
        for (String part : text) {
          piece.append(part);
          if (piece.length() >= CHARACTERS_AT_ONCE) {
            pieces.add(piece.toString());
            piece.setLength(0);
          }
          if (pieces.size() == Parallel.threads()) {
            write(pieces, begins, writer);
            begins = false;
            pieces.clear();
          }
        }
        if (!piece.isEmpty() || begins) {
          pieces.add(piece.toString());
        }
        write(pieces, begins, writer);
        int end = model.endOfText();
        if (end >= 0) {
          writer.add(end);
        }
        writer.endText();
      }
      return writer.finish();
    }
  }

  /// @param begins whether the first piece is the beginning of its text
  private void write(List<String> pieces, boolean begins, StoredTokens.Writer writer) {
    int[][] ids = new int[pieces.size()][];
    Parallel.run(ids.length, i -> ids[i] = tokenizer.encode(pieces.get(i), begins && i == 0).ids());
    for (int[] some : ids) {
      writer.add(some);
    }
  }

  private StoredTokens whole(List<String> texts) {
    return tokens(texts.stream().map(List::of).toList());
  }

  /// How well the model as it is now foresees texts.
  public Foresight evaluate(List<String> texts) {
    TokenBatches batches = batches(whole(texts), false);
    long tokens = 0;
    for (long i = 0; i < batches.batchesPerEpoch(); i++) {
      tokens += batches.batch(i).count();
    }
    long bytes = texts.stream().mapToLong(t -> t.getBytes(StandardCharsets.UTF_8).length).sum();
    return new Foresight(trainer.evaluate(batches), tokens, bytes);
  }

  /// How well a model foresees texts.
  ///
  /// @param nll the mean of −ln p of their tokens, in nats
  /// @param tokens how many tokens were foreseen
  /// @param bytes the texts' length in UTF-8
  public record Foresight(double nll, long tokens, long bytes) {
    /// Between how many tokens the model is in doubt: e to the nll.
    public double perplexity() {
      return Math.exp(nll);
    }

    /// How many bits a byte of text costs: comparable between tokenizers.
    public double bitsPerByte() {
      return nll * tokens / Math.log(2) / Math.max(1, bytes);
    }
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  private TokenBatches batches(StoredTokens texts, boolean shuffled) {
    return TokenBatches.of(
        texts, settings.tokensPerStep, settings.longest, settings.seed, shuffled);
  }
}
