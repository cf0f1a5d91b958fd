package dev.heed.task;

import dev.heed.data.TaggedTexts;
import dev.heed.model.Lora;
import dev.heed.model.ModelDirectory;
import dev.heed.model.bert.TokenClassifier;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Says which label each word of a text has: names of people and places, parts of speech.
///
/// A word's label is that of its first token. Texts longer than the model takes are read in parts.
///
/// Immutable; any number of threads may use one at once.
public final class TextTagger {
  private static final String OUTSIDE = "O";

  private final TokenClassifier model;
  private final @Nullable Lora lora;
  private final Tokenizer tokenizer;
  private final int longest;

  /// A word with its label.
  ///
  /// @param start where it begins in its text, in UTF-16 units
  /// @param end where it ends, exclusive
  /// @param probability of the label
  public record Word(String text, int start, int end, String label, float probability) {}

  /// @param lora the update that the model has and is saved as; null for a whole model
  /// @param tokenizer its tokens; not cut
  TextTagger(TokenClassifier model, @Nullable Lora lora, Tokenizer tokenizer, int longest) {
    this.model = model;
    this.lora = lora;
    this.tokenizer = tokenizer.withTruncation(null);
    this.longest = longest;
  }

  /// Trains a small Transformer from nothing on tagged sentences, of which a tenth is held out to
  /// choose the best state; tells how it goes on standard error.
  public static TextTagger train(TaggedTexts data) {
    TaggedTexts.Split split = data.split(0.1, 1);
    var settings = TextTrainingSettings.fromNothing(split.learned().sentences().size(), 1);
    return train(TextTaggerTraining.ofNewModel(data.labels(), split.learned(), settings), split);
  }

  /// Trains a pretrained encoder on tagged sentences, all of it, and otherwise like [#train].
  ///
  /// @param encoder the encoder's directory
  public static TextTagger fineTune(Path encoder, TaggedTexts data) {
    TaggedTexts.Split split = data.split(0.1, 1);
    var settings = TextTrainingSettings.fineTuning(split.learned().sentences().size(), 1);
    return train(
        TextTaggerTraining.from(encoder, new Adaptation.Whole(), data.labels(), settings, null),
        split);
  }

  private static TextTagger train(TextTaggerTraining training, TaggedTexts.Split split) {
    training.run(split.learned(), split.heldOut(), TrainingProgress.to(System.err));
    return training.model();
  }

  /// Opens a directory that [#save] or Hugging Face wrote.
  ///
  /// @throws dev.heed.model.ModelException if it holds no tagger, or its files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static TextTagger load(Path directory) {
    TokenClassifier model = ModelDirectory.open(directory, TokenClassifier.class);
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      int most = model.encoder().maximumLength();
      int asked = tokenizer.config().maxLength();
      return new TextTagger(model, null, tokenizer, asked > 0 ? Math.min(asked, most) : most);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes a directory that `AutoModelForTokenClassification` and `AutoTokenizer` of Hugging Face
  /// open.
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

  /// The model inside.
  public TokenClassifier model() {
    return model;
  }

  /// The words of a text with their labels.
  public List<Word> tag(String text) {
    return tagAll(List.of(text)).getFirst();
  }

  /// The words of each text with their labels.
  public List<List<Word>> tagAll(List<String> texts) {
    return tagged(texts.stream().map(WordSpans::of).toList());
  }

  /// The labels of words that someone else found.
  public List<Word> tagWords(List<String> words) {
    return tagged(List.of(WordSpans.of(words))).getFirst();
  }

  /// How good it is on tagged sentences.
  ///
  /// @throws IllegalArgumentException if they have labels that the model does not know
  public TaggingFigures evaluate(TaggedTexts texts) {
    List<List<Word>> said =
        tagged(texts.sentences().stream().map(sentence -> WordSpans.of(sentence.words())).toList());
    return TaggingFigures.of(
        labels(),
        said.stream().map(words -> words.stream().map(Word::label).toList()).toList(),
        texts.sentences().stream().map(TaggedTexts.Sentence::labels).toList());
  }

  private List<List<Word>> tagged(List<WordSpans> texts) {
    List<TaggedInput> parts = new ArrayList<>();
    int[] begins = new int[texts.size() + 1];
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.get(i).words().isEmpty()) {
        parts.addAll(TaggedInput.of(tokenizer, texts.get(i), longest));
      }
      begins[i + 1] = parts.size();
    }
    List<float[][]> probabilities = probabilities(parts);
    List<List<Word>> all = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      WordSpans text = texts.get(i);
      List<Word> words = new ArrayList<>();
      for (int part = begins[i]; part < begins[i + 1]; part++) {
        for (float[] word : probabilities.get(part)) {
          words.add(word(text, text.words().get(words.size()), word));
        }
      }
      all.add(List.copyOf(words));
    }
    return all;
  }

  private Word word(WordSpans text, WordSpans.Span span, float[] probabilities) {
    int best =
        IntStream.range(0, probabilities.length)
            .reduce((a, b) -> probabilities[b] > probabilities[a] ? b : a)
            .orElse(Math.max(0, labels().indexOf(OUTSIDE))); // a word that the model cannot see
    return new Word(
        text.text().substring(span.start(), span.end()),
        span.start(),
        span.end(),
        labels().get(best),
        probabilities.length == 0 ? 0 : probabilities[best]);
  }

  /// For each part of a text the probabilities of its words' labels; none for a word without token.
  private List<float[][]> probabilities(List<TaggedInput> parts) {
    float[][][] all = new float[parts.size()][][];
    for (EncodedBatch batch : EncodedBatch.of(parts.stream().map(TaggedInput::text).toList())) {
      Inference.run(() -> {
        var packed = batch.packed();
        Tensor rows =
            Operations.softmax(
                model.logits(packed.ids(), packed.sequences(), packed.types())); // (N, C)
        for (int i = 0; i < batch.indices().size(); i++) {
          int index = batch.indices().get(i);
          int start = packed.sequences().start(i);
          int[] first = parts.get(index).first();
          float[][] words = new float[first.length][];
          for (int w = 0; w < first.length; w++) {
            int row = start + first[w];
            words[w] = first[w] < 0 ? new float[0] : rows.rows(row, row + 1).toFloatArray();
          }
          all[index] = words;
        }
        return rows;
      });
    }
    return List.of(all);
  }
}
