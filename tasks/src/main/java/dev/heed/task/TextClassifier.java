package dev.heed.task;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.data.LengthBuckets;
import dev.heed.data.TokenizedText;
import dev.heed.model.ModelDirectory;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says which label a text has, or which labels.
///
/// Immutable; any number of threads may use one at once.
public final class TextClassifier {
  /// Texts that are computed at once.
  private static final int AT_ONCE = 16;

  private final SequenceClassifier model;
  private final Tokenizer tokenizer;

  /// A text, or a pair of texts.
  public record Text(String text, @Nullable String second) {}

  TextClassifier(SequenceClassifier model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// Trains a small Transformer from nothing on labelled texts, of which a tenth is held out to
  /// choose the best state; tells how it goes on standard error.
  ///
  /// @throws IllegalArgumentException if the data cannot be learned from
  public static TextClassifier train(Dataset data) {
    LabelledTexts.Split split = LabelledTexts.of(data).split(0.1, 1);
    var settings =
        TextClassifierTraining.Settings.fromNothing(split.learned().examples().size(), 1);
    return train(TextClassifierTraining.ofNewModel(split.learned(), settings, null), split);
  }

  /// Trains a pretrained encoder on labelled texts, all of it, and otherwise like
  /// [#train(Dataset)].
  ///
  /// @param encoder the encoder's directory
  public static TextClassifier fineTune(Path encoder, Dataset data) {
    LabelledTexts.Split split = LabelledTexts.of(data).split(0.1, 1);
    var settings = TextClassifierTraining.Settings.fineTuning(split.learned().examples().size(), 1);
    return train(
        TextClassifierTraining.from(encoder, split.learned(), settings, null), split);
  }

  private static TextClassifier train(
      TextClassifierTraining training, LabelledTexts.Split split) {
    training.run(split.learned(), split.heldOut(), TrainingProgress.to(System.err));
    return training.model();
  }

  /// Opens a directory that [#save] or Hugging Face wrote.
  ///
  /// @throws dev.heed.model.ModelException if it holds no classifier of texts, or its files do not
  ///   fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static TextClassifier load(Path directory) {
    SequenceClassifier model =
        ModelDirectory.open(directory, SequenceClassifier.class);
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      int longest = model.encoder().maximumLength();
      int asked = tokenizer.config().maxLength();
      return new TextClassifier(
          model,
          tokenizer.withTruncation(
              Truncation.to(asked > 0 ? Math.min(asked, longest) : longest)));
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
    model.save(directory); // its config.json is what makes the directory a model
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
    record Place(int place, TokenizedText text) {}
    List<Place> places = new ArrayList<>();
    int cut = 0;
    for (int i = 0; i < texts.size(); i++) {
      TokenizedText tokens =
          TokenizedText.of(tokenizer, texts.get(i).text(), texts.get(i).second());
      places.add(new Place(i, tokens));
      cut += tokens.cut() ? 1 : 0;
    }
    Prediction[] predictions = new Prediction[texts.size()];
    if (!texts.isEmpty()) {
      var batches = LengthBuckets.sorted(places, place -> place.text.length(), AT_ONCE);
      for (long b = 0; b < batches.batchesPerEpoch(); b++) {
        List<Place> batch = batches.batch(b);
        List<float[]> rows = probabilities(batch.stream().map(Place::text).toList());
        for (int i = 0; i < batch.size(); i++) {
          predictions[batch.get(i).place] =
              Prediction.of(labels(), rows.get(i), model.multiLabel());
        }
      }
    }
    return new Predictions(List.of(predictions), cut);
  }

  private List<float[]> probabilities(List<TokenizedText> texts) {
    return Inference.run(() -> {
      TokenizedText.Packed packed = TokenizedText.pack(texts);
      Tensor logits = model.logits(packed.ids(), packed.sequences(), packed.types()); // (B, C)
      List<float[]> rows = new ArrayList<>();
      Tensor softmax = model.multiLabel() ? logits : Operations.softmax(logits);
      for (int i = 0; i < texts.size(); i++) {
        float[] row = softmax.rows(i, i + 1).toFloatArray();
        if (model.multiLabel()) {
          for (int c = 0; c < row.length; c++) {
            row[c] = (float) (1 / (1 + Math.exp(-row[c])));
          }
        }
        rows.add(row);
      }
      return rows;
    });
  }

  /// How good it is on labelled texts.
  ///
  /// @throws IllegalArgumentException if they have labels that the model does not know
  public ClassificationFigures evaluate(LabelledTexts texts) {
    List<Prediction> predictions =
        classify(
                texts.examples().stream()
                    .map(example -> new Text(example.text(), example.second()))
                    .toList())
            .predictions();
    return ClassificationFigures.of(
        labels(),
        multiLabel(),
        predictions,
        texts.examples().stream().map(LabelledTexts.Example::labels).toList());
  }
}
