package dev.heed.task;

import dev.heed.data.TokenizedText;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A cross-encoder: says how well texts answer a query by reading each together with the query,
/// which is slower than comparing vectors and more exact.
///
/// Immutable; any number of threads may use one at once.
///
/// Source: Nogueira and Cho 2019; the directories are those of `CrossEncoder` of
/// `sentence_transformers`.
public final class Reranker {
  private final SequenceClassifier model;
  private final Tokenizer tokenizer;
  private final Activation activation;

  /// A text and how well it answers.
  ///
  /// @param index its place among the texts given
  /// @param score the larger, the better
  public record Ranked(int index, String text, float score) {}

  private Reranker(SequenceClassifier model, Tokenizer tokenizer, Activation activation) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.activation = activation;
  }

  /// Opens a directory of a sequence classifier with one label.
  ///
  /// @throws ModelException if it has more labels, asks for what Heed lacks, or its files do not
  ///   fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static Reranker load(Path directory) {
    SequenceClassifier model = ModelDirectory.open(directory, SequenceClassifier.class);
    if (model.labels().size() != 1) {
      throw new ModelException(
          "%s: a cross-encoder must have one label: received %s"
              .formatted(directory, model.labels()));
    }
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      int longest = model.encoder().maximumLength();
      int ofTokenizer = tokenizer.config().maxLength();
      longest = ofTokenizer > 0 ? Math.min(longest, ofTokenizer) : longest;
      return new Reranker(
          model, tokenizer.withTruncation(Truncation.to(longest)), activation(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What is done with a logit: by the file of newer versions, by the entry of older ones, else the
  /// sigmoid.
  private static Activation activation(Path directory) {
    ConfigFile config = ConfigFile.read(directory.resolve("config.json"));
    String function = config.string("sbert_ce_default_activation_function", "");
    if (config.value("sentence_transformers").orElse(null) instanceof Map<?, ?> older
        && older.get("activation_fn") instanceof String text) {
      function = text;
    }
    Path file = directory.resolve("config_sentence_transformers.json");
    if (function.isEmpty() && Files.exists(file)) {
      function = ConfigFile.read(file).string("activation_fn", "");
    }
    return switch (function.substring(function.lastIndexOf('.') + 1)) {
      case "", "Sigmoid" -> Activation.SIGMOID;
      case "Identity" -> Activation.NONE;
      default ->
          throw new ModelException(
              "%s: a cross-encoder's activation must be Sigmoid or Identity: received %s"
                  .formatted(directory, function));
    };
  }

  /// How well each text answers the query.
  public float[] scores(String query, List<String> texts) {
    List<TokenizedText> pairs =
        texts.stream().map(text -> TokenizedText.of(tokenizer, query, text)).toList();
    List<float[]> rows = EncodedBatch.rows(pairs, this::compute, done -> {});
    float[] scores = new float[rows.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = rows.get(i)[0];
    }
    return scores;
  }

  private Tensor compute(TokenizedText.Packed pairs) {
    Tensor logits = model.logits(pairs.ids(), pairs.sequences(), pairs.types()); // (B, 1)
    return activation == Activation.NONE ? logits : Operations.activation(activation, logits);
  }

  /// The texts, the best answer first; equal ones in the order given.
  public List<Ranked> rank(String query, List<String> texts) {
    float[] scores = scores(query, texts);
    return IntStream.range(0, scores.length)
        .mapToObj(i -> new Ranked(i, texts.get(i), scores[i]))
        .sorted(Comparator.comparing(Ranked::score).reversed())
        .toList();
  }
}
