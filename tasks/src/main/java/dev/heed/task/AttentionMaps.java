package dev.heed.task;

import dev.heed.tokenizer.Encoding;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How much each token looks at each, in every head of every layer.
///
/// @param kind Hugging Face's name: `attentions`, or `cross_attentions` for what the tokens of a
///   translation look at in its source
/// @param queries the tokens that look
/// @param keys the tokens that are looked at
/// @param weights a tensor for each layer, F32 [H, T, S]; each row sums to 1
public record AttentionMaps(
    String kind, List<String> queries, List<String> keys, List<StoredTensor> weights) {
  private static final String OWN = "attentions";
  private static final String CROSS = "cross_attentions";

  /// Runs the model in `directory` on a text.
  ///
  /// @param target for an encoder-decoder model what its decoder is given, without the token that
  ///   begins it; null for the model's own translation
  /// @throws TextLengthException if the text has no token or more than the model takes
  /// @throws IllegalArgumentException if a target is given and the model has no decoder
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static AttentionMaps of(Path directory, String text, @Nullable String target) {
    ModelTrace model = ModelTrace.open(directory);
    if (model.hasDecoder()) {
      return crossed(directory, model, text, target);
    }
    if (target != null) {
      throw new IllegalArgumentException(
          "a target is for encoder-decoder models: received " + directory);
    }
    try {
      Encoding encoding = Tokenizer.load(directory).encode(text);
      requireLength(model, encoding.size());
      List<String> tokens = shown(encoding, text);
      return new AttentionMaps(OWN, tokens, tokens, layers(model.of(encoding.ids()), OWN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static AttentionMaps crossed(
      Path directory, ModelTrace model, String text, @Nullable String target) {
    Translator translator = Translator.load(directory);
    String made = target == null ? translator.translate(text).text() : target;
    Encoding source = translator.tokenizer().encode(text);
    Encoding result = translator.tokenizer().encode(made);
    requireLength(model, source.size());
    requireLength(model, result.size() + 1);
    // The decoder begins with its start token, and each place foresees the token after it.
    int[] given =
        IntStream.concat(IntStream.of(translator.model().startToken()), IntStream.of(result.ids()))
            .toArray();
    List<String> queries = new ArrayList<>(shown(result, made));
    queries.addFirst("▸");
    return new AttentionMaps(
        CROSS, queries, shown(source, text), layers(model.of(source.ids(), given), CROSS));
  }

  private static void requireLength(ModelTrace model, int tokens) {
    if (tokens < 1 || tokens > model.maximumLength()) {
      throw new TextLengthException(model.maximumLength(), tokens);
    }
  }

  private static List<StoredTensor> layers(List<StoredTensor> all, String kind) {
    return all.stream().filter(tensor -> tensor.name().startsWith(kind + ".")).toList();
  }

  /// The pieces of the text; where a token has none, the token's own name.
  private static List<String> shown(Encoding encoding, String text) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < encoding.size(); i++) {
      int start = encoding.start(i);
      int end = encoding.end(i);
      boolean own = encoding.isSpecial(i) || end <= start;
      tokens.add(own ? encoding.token(i) : text.substring(start, end).strip());
    }
    return tokens;
  }

  /// The number of layers L.
  public int layers() {
    return weights.size();
  }

  /// The number of heads H of each layer.
  public int heads() {
    return weights.isEmpty() ? 0 : weights.getFirst().shape().dimension(0);
  }

  /// The weights of one head: a row for each query.
  ///
  /// @throws IndexOutOfBoundsException if there is no such layer or head
  public float[][] head(int layer, int head) {
    if (head < 0 || head >= heads()) {
      throw new IndexOutOfBoundsException(
          "head must be in 0…%d: received %d".formatted(heads() - 1, head));
    }
    float[] all = weights.get(layer).toFloats();
    float[][] rows = new float[queries.size()][keys.size()];
    for (int t = 0; t < rows.length; t++) {
      System.arraycopy(all, (head * rows.length + t) * keys.size(), rows[t], 0, keys.size());
    }
    return rows;
  }

  /// The mean of all heads of a layer: a row for each query.
  public float[][] mean(int layer) {
    float[][] mean = new float[queries.size()][keys.size()];
    for (int head = 0; head < heads(); head++) {
      float[][] one = head(layer, head);
      for (int t = 0; t < mean.length; t++) {
        for (int s = 0; s < keys.size(); s++) {
          mean[t][s] += one[t][s] / heads();
        }
      }
    }
    return mean;
  }
}
