package dev.heed.task;

import dev.heed.data.TextPairs;
import dev.heed.generation.BeamSettings;
import dev.heed.generation.GenerationConfig;
import dev.heed.generation.GenerationRules;
import dev.heed.generation.Sampling;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.model.marian.Marian;
import dev.heed.model.marian.MarianConfiguration;
import dev.heed.model.marian.MarianConfiguration.Family;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingMemory;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Trains the Transformer of the 2017 paper on texts and their translations: one vocabulary for
/// both sides, label smoothing, warm-up, and averaged weights at the end.
///
/// [#run] may be stopped by [#stop] from another thread; what it had learned is kept, and where
/// `checkpoints` is given, a later run goes on from there.
public final class TranslationTraining {
  /// The size of a vocabulary where nobody asks for another.
  public static final int VOCABULARY = 6000;

  /// About how many target tokens a step learns from.
  public static final int TOKENS_PER_STEP = 3000;

  /// The highest learning rate of a new model.
  public static final double LEARNING_RATE = 2e-3;

  /// The paper's share of a target's probability that is spread over all tokens.
  public static final double SMOOTHING = 0.1;

  static final String END = "</s>";
  static final String PADDING = "<pad>";
  private static final double EPSILON = 1e-5; // Marian's
  private static final int PASSES = 35;
  static final int BEAMS = 4;

  private final SequenceToSequenceModel model;
  private final Translator translator;
  private final PairTrainer trainer;

  /// How a new model looks.
  ///
  /// @param width the model width
  /// @param layers the number of blocks of the encoder, and of the decoder
  /// @param heads the number of attention heads
  /// @param feedForward the inner width of the feed-forward
  /// @param longest the most tokens of a text
  /// @param dropout the share dropped in training
  /// @param keyWidth the width of a head's queries and keys: width / heads but for [Family#HEED]
  /// @param family how it knows positions, and where its norms are
  public record Architecture(
      int width,
      int layers,
      int heads,
      int feedForward,
      int longest,
      double dropout,
      int keyWidth,
      Family family) {
    /// The paper's: post-norm, with waves for positions.
    public Architecture(
        int width, int layers, int heads, int feedForward, int longest, double dropout) {
      this(width, layers, heads, feedForward, longest, dropout, width / heads, Family.MARIAN);
    }

    /// For some ten thousands of pairs and a machine without a graphics card.
    public static final Architecture SMALL = new Architecture(256, 3, 4, 512, 256, 0.3);
  }

  /// How long a model learns.
  ///
  /// @param steps how many steps
  /// @param tokensPerStep about how many target tokens a step learns from
  /// @param learningRate the highest learning rate
  /// @param labelSmoothing the share of a target's probability that is spread over all tokens
  /// @param evaluateEvery after how many steps the held-out pairs are looked at
  /// @param seed what everything random follows from
  public record Settings(
      long steps,
      int tokensPerStep,
      double learningRate,
      double labelSmoothing,
      long evaluateEvery,
      long seed) {
    /// With the paper's label smoothing.
    public Settings(
        long steps, int tokensPerStep, double learningRate, long evaluateEvery, long seed) {
      this(steps, tokensPerStep, learningRate, SMOOTHING, evaluateEvery, seed);
    }

    /// Some passes over so many pairs.
    public static Settings of(long pairs) {
      return of(pairs, TOKENS_PER_STEP, LEARNING_RATE, 1);
    }

    /// Some passes over so many pairs, whose targets are taken for sentences.
    public static Settings of(long pairs, int tokensPerStep, double learningRate, long seed) {
      long steps = Math.max(100, PASSES * pairs * 15 / tokensPerStep);
      return new Settings(steps, tokensPerStep, learningRate, Math.max(1, steps / 10), seed);
    }
  }

  private TranslationTraining(
      Settings settings, Translator translator, @Nullable Path checkpoints) {
    this.model = translator.model();
    this.translator = translator;
    this.trainer =
        new PairTrainer(settings, (Layer) model, model::loss, model.startToken(), checkpoints);
  }

  /// A vocabulary for both sides of the pairs: bytes and merges.
  public static Tokenizer tokenizer(List<TextPairs.Pair> pairs, int vocabulary) {
    List<String> texts = new ArrayList<>(2 * pairs.size());
    pairs.forEach(pair -> {
      texts.add(pair.source());
      texts.add(pair.target());
    });
    return new BpeTrainer(vocabulary, 2, List.of(END, PADDING))
        .train(texts)
        .withTextEnd(END, PADDING);
  }

  /// A tokenizer of one's own for both sides of the pairs: it ends texts.
  ///
  /// @throws IllegalArgumentException if `</s>` and `<pad>` are no special tokens of it, or it adds
  ///   other tokens around texts
  public static Tokenizer ending(Tokenizer own) {
    List<String> added = own.encode("").tokens();
    if (added.equals(List.of(END)) && own.idOf(PADDING).isPresent()) {
      return own;
    }
    if (!added.isEmpty()) {
      throw new IllegalArgumentException(
          "expected a tokenizer that adds %s to texts or nothing: received one that adds %s"
              .formatted(END, String.join(" ", added)));
    }
    return own.withTextEnd(END, PADDING);
  }

  /// A training of a new model.
  ///
  /// @param tokenizer such as [#tokenizer] makes, or [#ending]
  /// @param checkpoints where the state of the run is kept every `evaluateEvery` steps; null for
  ///   nowhere
  /// @throws IllegalStateException if it would need more memory than there is
  public static TranslationTraining ofNewModel(
      Architecture architecture,
      Settings settings,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    BlockConfiguration block =
        new BlockConfiguration(
            architecture.width,
            architecture.heads,
            architecture.keyWidth,
            architecture.feedForward,
            Activation.RELU,
            architecture.family.normFirst(),
            architecture.dropout,
            architecture.dropout / 2,
            0,
            EPSILON);
    MarianConfiguration shape =
        MarianConfiguration.of(
            architecture.family,
            tokenizer.vocabularySize(),
            architecture.layers,
            architecture.longest,
            block,
            tokenizer.idOf(PADDING).orElseThrow(),
            tokenizer.idOf(END).orElseThrow());
    TrainingMemory.requireRoomFor(new Marian(shape, Initializer.beforeLoading()));
    Marian model = new Marian(shape, Initializer.seeded(settings.seed));
    GenerationConfig generation =
        new GenerationConfig(
            rules(model.startToken(), model.endToken()),
            Sampling.greedy(),
            BeamSettings.of(BEAMS),
            0);
    return new TranslationTraining(
        settings, new Translator(model, tokenizer, generation), checkpoints);
  }

  /// A training of a model that translates already, or was made ready to learn it, with its own
  /// tokenizer.
  ///
  /// @param checkpoints where the state of the run is kept every `evaluateEvery` steps; null for
  ///   nowhere
  /// @throws IllegalStateException if it would need more memory than there is
  public static TranslationTraining from(
      Translator translator, Settings settings, @Nullable Path checkpoints) {
    Layer model = (Layer) translator.model();
    TrainingMemory.requireRoomFor(model);
    model.setFrozen(false);
    return new TranslationTraining(settings, translator, checkpoints);
  }

  /// The number of the model's parameters.
  public long parameterCount() {
    return ((Layer) model).parameterCount();
  }

  /// The translator as it is now.
  public Translator translator() {
    return translator;
  }

  /// Texts end where the model ends them, and never have the token before the first.
  static GenerationRules rules(int start, int end) {
    return new GenerationRules(Set.of(end), Set.of(start), Set.of(), List.of(), 0, 0, null, end);
  }

  /// Trains on `learned` and evaluates on `heldOut`, or not where that is empty; pairs longer than
  /// the model takes are left out. At the end the model has the average of its last weights.
  public Trainer.History run(
      List<TextPairs.Pair> learned, List<TextPairs.Pair> heldOut, TrainingProgress progress) {
    return trainer.run(translator.encode(learned), translator.encode(heldOut), progress);
  }

  /// The mean of −ln p of the pairs' target tokens under the model as it is now, in nats.
  public double nll(List<TextPairs.Pair> pairs) {
    return trainer.nll(translator.encode(pairs));
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  /// The most tokens of a text.
  public int longest() {
    return model.maximumLength();
  }

  /// How many of the pairs are longer than the model takes.
  public int tooLong(List<TextPairs.Pair> pairs) {
    return pairs.size() - translator.encode(pairs).size();
  }

  PairTrainer trainer() {
    return trainer;
  }
}
