package dev.heed.task;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.model.Lora;
import dev.heed.model.ModelDirectory;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says which label a text has, or which labels.
///
/// Immutable; any number of threads may use one at once.
public final class TextClassifier {
  private final SequenceClassifier model;
  private final @Nullable Lora lora;
  private final Tokenizer tokenizer;
  private final BatchClassifier classifier;

  /// A text, or a pair of texts.
  public record Text(String text, @Nullable String second) {}

  /// @param lora the update that the model has and is saved as; null for a whole model
  TextClassifier(SequenceClassifier model, @Nullable Lora lora, Tokenizer tokenizer) {
    this.model = model;
    this.lora = lora;
    this.tokenizer = tokenizer;
    this.classifier =
        new BatchClassifier(
            model.labels(),
            model.multiLabel(),
            tokenizer,
            texts -> model.logits(texts.ids(), texts.sequences(), texts.types()));
  }

  /// Trains a small Transformer from nothing on labelled texts, of which a tenth is held out to
  /// choose the best state; tells how it goes on standard error.
  ///
  /// @throws IllegalArgumentException if the data cannot be learned from
  public static TextClassifier train(Dataset data) {
    LabelledTexts.Split split = LabelledTexts.of(data).split(0.1, 1);
    var settings = TextTrainingSettings.fromNothing(split.learned().examples().size(), 1);
    return train(TextClassifierTraining.ofNewModel(split.learned(), settings, null), split);
  }

  /// Trains a pretrained encoder on labelled texts, all of it, and otherwise like
  /// [#train(Dataset)].
  ///
  /// @param encoder the encoder's directory
  public static TextClassifier fineTune(Path encoder, Dataset data) {
    LabelledTexts.Split split = LabelledTexts.of(data).split(0.1, 1);
    var settings = TextTrainingSettings.fineTuning(split.learned().examples().size(), 1);
    return train(
        TextClassifierTraining.from(
            encoder, new Adaptation.Whole(), split.learned(), settings, null),
        split);
  }

  private static TextClassifier train(TextClassifierTraining training, LabelledTexts.Split split) {
    training.run(split.learned(), split.heldOut(), TrainingProgress.to(System.err));
    return training.model();
  }

  /// Opens a directory that [#save] or Hugging Face wrote.
  ///
  /// @throws dev.heed.model.ModelException if it holds no classifier of texts, or its files do not
  ///   fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static TextClassifier load(Path directory) {
    SequenceClassifier model = ModelDirectory.open(directory, SequenceClassifier.class);
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      int longest = model.encoder().maximumLength();
      int asked = tokenizer.config().maxLength();
      return new TextClassifier(
          model,
          null,
          tokenizer.withTruncation(Truncation.to(asked > 0 ? Math.min(asked, longest) : longest)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes a directory that `AutoModelForSequenceClassification` and `AutoTokenizer` of Hugging
  /// Face open.
  public void save(Path directory) {
    try {
      Files.createDirectories(directory);
      tokenizer.save(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // A config.json is what makes the directory a model: it comes last.
    if (lora == null) {
      model.save(directory);
    } else {
      lora.save(directory);
    }
  }

  /// The labels.
  public List<String> labels() {
    return model.labels();
  }

  /// Whether a text may have none, one or several labels.
  public boolean multiLabel() {
    return model.multiLabel();
  }

  /// The model inside.
  public SequenceClassifier model() {
    return model;
  }

  /// Its tokenizer, which cuts long texts.
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// What it says of a text.
  public Prediction classify(String text) {
    return classify(List.of(new Text(text, null))).predictions().getFirst();
  }

  /// What it says of a pair of texts.
  public Prediction classify(String text, String second) {
    return classify(List.of(new Text(text, second))).predictions().getFirst();
  }

  /// Predictions.
  ///
  /// @param predictions one a text, in the order of the texts
  /// @param cut how many texts were longer than the model takes, and so were cut
  public record Predictions(List<Prediction> predictions, int cut) {}

  /// What it says of texts.
  public Predictions classify(List<Text> texts) {
    return classifier.classify(texts);
  }

  /// How good it is on labelled texts.
  ///
  /// @throws IllegalArgumentException if they have labels that the model does not know
  public ClassificationFigures evaluate(LabelledTexts texts) {
    return classifier.evaluate(texts);
  }
}
