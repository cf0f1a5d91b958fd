package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.TokenizedText;
import dev.heed.model.Lora;
import dev.heed.model.bert.Bert;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Initializer;
import dev.heed.nn.head.Pooling;
import dev.heed.task.ClassifierTrainer.Sample;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Trains a classifier of texts: from nothing, from a pretrained encoder (all of it, its upper
/// blocks, or a low-rank update), or on the features of a pretrained encoder that stays as it is.
///
/// The state with the lowest loss on the held-out texts is what comes out. [#run] may be stopped by
/// [#stop] from another thread, and where `checkpoints` is given, a later run goes on from there.
public final class TextClassifierTraining {
  private final TextTrainingSettings settings;
  private final SequenceClassifier model;
  private final @Nullable Lora lora;
  private final Tokenizer tokenizer;
  private final ClassifierTrainer trainer;

  private TextClassifierTraining(
      TextTrainingSettings settings,
      boolean features,
      SequenceClassifier model,
      @Nullable Lora lora,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = model;
    this.lora = lora;
    this.tokenizer = tokenizer.withTruncation(Truncation.to(settings.longest()));
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
      LabelledTexts texts, TextTrainingSettings settings, @Nullable Path checkpoints) {
    EncoderArchitecture architecture = EncoderArchitecture.small();
    return ofNewModel(architecture, vocabulary(texts, architecture), texts, settings, checkpoints);
  }

  /// The same with a model and tokenizer of one's choice.
  public static TextClassifierTraining ofNewModel(
      EncoderArchitecture architecture,
      Tokenizer tokenizer,
      LabelledTexts texts,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    Initializer initializer = Initializer.seeded(settings.seed());
    Bert encoder =
        architecture.newEncoder(tokenizer.vocabularySize(), settings.longest(), initializer);
    SequenceClassifier model =
        SequenceClassifier.of(encoder, texts.labels(), texts.multiLabel(), initializer);
    EncoderArchitecture.widen(model, initializer);
    return new TextClassifierTraining(settings, false, model, null, tokenizer, checkpoints);
  }

  /// A WordPiece tokenizer learned from the texts.
  public static Tokenizer vocabulary(LabelledTexts texts, EncoderArchitecture architecture) {
    List<String> lines = new ArrayList<>();
    for (LabelledTexts.Example example : texts.examples()) {
      lines.add(example.text());
      if (example.second() != null) {
        lines.add(example.second());
      }
    }
    return architecture.tokenizer(lines);
  }

  /// A training that goes on with a pretrained encoder.
  ///
  /// @param encoder the encoder's directory; a head that it may have is left out
  /// @param adaptation how much of it learns, beside the new head
  /// @throws IllegalArgumentException if the texts may be longer than the encoder's longest
  public static TextClassifierTraining from(
      Path encoder,
      Adaptation adaptation,
      LabelledTexts texts,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    return pretrained(adaptation, encoder, texts, settings, checkpoints);
  }

  /// A training of a head on a pretrained encoder that stays as it is: what it makes of each text
  /// is computed once.
  public static TextClassifierTraining onFeatures(
      Path encoder,
      LabelledTexts texts,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    return pretrained(null, encoder, texts, settings, checkpoints);
  }

  /// @param adaptation null for features
  private static TextClassifierTraining pretrained(
      @Nullable Adaptation adaptation,
      Path directory,
      LabelledTexts texts,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    PretrainedEncoder pretrained = PretrainedEncoder.open(directory, settings.longest());
    SequenceClassifier model =
        SequenceClassifier.of(
            pretrained.encoder(),
            texts.labels(),
            texts.multiLabel(),
            Initializer.seeded(settings.seed()));
    Lora lora = null;
    if (adaptation == null) {
      model.setFrozen(false);
      model.encoder().setFrozen(true);
    } else {
      lora = adaptation.prepare(model, model.encoder(), "SEQ_CLS", settings.seed());
    }
    return new TextClassifierTraining(
        settings, adaptation == null, model, lora, pretrained.tokenizer(), checkpoints);
  }

  /// The number of the parameters that learn.
  public long parameterCount() {
    return new LearningParameters(model).parameterCount();
  }

  /// The model as it is now.
  public TextClassifier model() {
    return new TextClassifier(
        model, lora, tokenizer.withConfig(tokenizer.config().withMaxLength(settings.longest())));
  }

  /// Trains on `learned`; at the end the model is as it was when it did best on `heldOut`.
  public TrainingOutcome run(
      LabelledTexts learned, LabelledTexts heldOut, TrainingProgress progress) {
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
