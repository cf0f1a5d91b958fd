package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.TokenizedText;
import dev.heed.model.ModelDirectory;
import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Initializer;
import dev.heed.nn.head.Pooling;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.task.ClassifierTrainer.Sample;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import dev.heed.tokenizer.WordPieceTrainer;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Trains a classifier of texts: from nothing, from a pretrained encoder (all of it), or on the
/// features of a pretrained encoder that stays as it is.
///
/// The state with the lowest loss on the held-out texts is what comes out. [#run] may be stopped by
/// [#stop] from another thread, and where `checkpoints` is given, a later run goes on from there.
public final class TextClassifierTraining {
  private static final Pattern EMBEDDINGS =
      Pattern.compile("encoder\\.(embedding|positions|types)\\..*");

  private final Settings settings;
  private final SequenceClassifier model;
  private final Tokenizer tokenizer;
  private final ClassifierTrainer trainer;

  /// How a new model looks.
  ///
  /// @param vocabulary the most tokens that are learned from the texts
  /// @param width the model width
  /// @param layers the number of blocks
  /// @param heads the number of attention heads
  /// @param dropout the share dropped in training
  public record Architecture(int vocabulary, int width, int layers, int heads, double dropout) {
    /// What suits some thousand texts.
    public static Architecture small() {
      return new Architecture(8192, 128, 2, 4, 0.2);
    }
  }

  /// How a model learns.
  ///
  /// @param longest the most tokens of a text; longer texts are cut
  /// @param steps how many steps
  /// @param textsPerStep from how many texts a step learns
  /// @param learningRate the highest learning rate
  /// @param evaluateEvery after how many steps the held-out texts are looked at
  /// @param seed what everything random follows from
  public record Settings(
      int longest,
      long steps,
      int textsPerStep,
      double learningRate,
      long evaluateEvery,
      long seed) {
    private static final int TEXTS_PER_STEP = 32;
    private static final int EVALUATIONS = 10;

    /// What suits `texts` texts and a new model.
    public static Settings fromNothing(int texts, long seed) {
      return of(texts, 5, 1e-3, seed);
    }

    /// What suits `texts` texts and a pretrained encoder, all of which learns.
    public static Settings fineTuning(int texts, long seed) {
      return of(texts, 3, 5e-5, seed);
    }

    /// What suits `texts` texts and the features of a pretrained encoder.
    public static Settings features(int texts, long seed) {
      return of(texts, 20, 1e-3, seed);
    }

    private static Settings of(int texts, int passes, double learningRate, long seed) {
      long steps = Math.max(passes * Math.ceilDiv((long) texts, TEXTS_PER_STEP), 40L * passes);
      return new Settings(
          256, steps, TEXTS_PER_STEP, learningRate, Math.max(1, steps / EVALUATIONS), seed);
    }
  }

  private TextClassifierTraining(
      Settings settings,
      boolean features,
      SequenceClassifier model,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = model;
    this.tokenizer = tokenizer.withTruncation(Truncation.to(settings.longest));
    this.trainer =
        new ClassifierTrainer(
            settings,
            model,
            model.labels(),
            model.multiLabel(),
            this.tokenizer,
            features ? this::ofFeatures : this::ofTokens,
            features ? this::features : null,
            checkpoints);
  }

  /// A training of a new, small BERT with a WordPiece vocabulary learned from the texts.
  ///
  /// @param checkpoints where the state of the run is kept; null for nowhere
  public static TextClassifierTraining ofNewModel(
      LabelledTexts texts, Settings settings, @Nullable Path checkpoints) {
    Architecture architecture = Architecture.small();
    return ofNewModel(architecture, vocabulary(texts, architecture), texts, settings, checkpoints);
  }

  /// The same with a model and tokenizer of one's choice.
  public static TextClassifierTraining ofNewModel(
      Architecture architecture,
      Tokenizer tokenizer,
      LabelledTexts texts,
      Settings settings,
      @Nullable Path checkpoints) {
    int width = architecture.width;
    double dropout = architecture.dropout;
    BlockConfiguration block =
        new BlockConfiguration(
            width, architecture.heads, 4 * width, Activation.GELU, false, dropout, dropout, 1e-12);
    Initializer initializer = Initializer.seeded(settings.seed);
    Bert encoder =
        new Bert(
            BertConfiguration.bert(
                tokenizer.vocabularySize(), settings.longest, 2, architecture.layers, block),
            true,
            initializer);
    SequenceClassifier model =
        SequenceClassifier.of(encoder, texts.labels(), texts.multiLabel(), initializer);
    // BERT's deviation of 0.02 suits rows of 768: narrow ones would hardly see each other at first.
    model
        .parameters()
        .forEach((name, weight) -> {
          if (weight.shape().rank() == 2 && !EMBEDDINGS.matcher(name).matches()) {
            weight.copyFrom(
                initializer.glorotUniform(weight.shape().dimension(0), weight.shape().width()));
          }
        });
    return new TextClassifierTraining(settings, false, model, tokenizer, checkpoints);
  }

  /// A WordPiece tokenizer learned from the texts.
  public static Tokenizer vocabulary(LabelledTexts texts, Architecture architecture) {
    List<String> lines = new ArrayList<>();
    for (LabelledTexts.Example example : texts.examples()) {
      lines.add(example.text());
      if (example.second() != null) {
        lines.add(example.second());
      }
    }
    return WordPieceTrainer.of(architecture.vocabulary).train(lines);
  }

  /// A training that goes on with a pretrained encoder, all of it.
  ///
  /// @param encoder the encoder's directory; a head that it may have is left out
  /// @throws IllegalArgumentException if the texts may be longer than the encoder's longest
  public static TextClassifierTraining from(
      Path encoder, LabelledTexts texts, Settings settings, @Nullable Path checkpoints) {
    return pretrained(false, encoder, texts, settings, checkpoints);
  }

  /// A training of a head on a pretrained encoder that stays as it is: what it makes of each text
  /// is computed once.
  public static TextClassifierTraining onFeatures(
      Path encoder, LabelledTexts texts, Settings settings, @Nullable Path checkpoints) {
    return pretrained(true, encoder, texts, settings, checkpoints);
  }

  private static TextClassifierTraining pretrained(
      boolean features,
      Path directory,
      LabelledTexts texts,
      Settings settings,
      @Nullable Path checkpoints) {
    if (!(ModelDirectory.openEncoder(directory) instanceof Bert encoder)) {
      throw new IllegalArgumentException(
          directory + " must hold an encoder of BERT's kind to train a classifier on");
    }
    if (settings.longest > encoder.maximumLength()) {
      throw new IllegalArgumentException(
          "the model takes at most %d tokens: received texts of %d"
              .formatted(encoder.maximumLength(), settings.longest));
    }
    SequenceClassifier model =
        SequenceClassifier.of(
            encoder, texts.labels(), texts.multiLabel(), Initializer.seeded(settings.seed));
    model.setFrozen(false);
    model.encoder().setFrozen(features);
    try {
      return new TextClassifierTraining(
          settings, features, model, Tokenizer.load(directory), checkpoints);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The number of the parameters that learn.
  public long parameterCount() {
    return model.parameters().values().stream()
        .filter(Tensor::requiresGradient)
        .mapToLong(Tensor::elements)
        .sum();
  }

  /// The model as it is now.
  public TextClassifier model() {
    return new TextClassifier(
        model, tokenizer.withConfig(tokenizer.config().withMaxLength(settings.longest)));
  }

  /// How a run went.
  ///
  /// @param history its steps and evaluations
  /// @param cut how many of the texts were longer than `longest` tokens, and so were cut
  public record Outcome(Trainer.History history, int cut) {}

  /// Trains on `learned`; at the end the model is as it was when it did best on `heldOut`.
  public Outcome run(LabelledTexts learned, LabelledTexts heldOut, TrainingProgress progress) {
    return trainer.run(learned, heldOut, progress);
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  /// The first token's vector, which is all that the head looks at.
  private Tensor features(TokenizedText.Packed texts) {
    Tensor hidden = model.encoder().apply(texts.ids(), texts.sequences(), texts.types());
    return Pooling.FIRST.apply(hidden, texts.sequences());
  }

  private Tensor ofTokens(List<Sample> batch) {
    TokenizedText.Packed packed = TokenizedText.pack(batch.stream().map(Sample::text).toList());
    return model.logits(packed.ids(), packed.sequences(), packed.types());
  }

  private Tensor ofFeatures(List<Sample> batch) {
    int width = model.encoder().width();
    float[] rows = new float[batch.size() * width];
    int[] lengths = new int[batch.size()];
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(Objects.requireNonNull(batch.get(i).features()), 0, rows, i * width, width);
      lengths[i] = 1;
    }
    return model.logits(Tensor.of(rows, lengths.length, width), Sequences.ofLengths(lengths));
  }
}
