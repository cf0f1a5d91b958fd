package dev.heed.task;

import dev.heed.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much each token looks at each, in every head of every layer.
///
/// @param kind Hugging Face's name: `attentions`, or `cross_attentions` for what the tokens of a
///   translation look at in its source
/// @param queries the tokens that look
/// @param keys the tokens that are looked at
/// @param weights a tensor for each layer, F32 [H, T, S]; each row sums to 1
public record AttentionMaps(
    String kind, List<String> queries, List<String> keys, List<Tensor> weights) {
  private static final String OWN = "attentions";
  private static final String CROSS = "cross_attentions";

  /// Runs the model in a directory, or a `.gguf` file, on a text.
  ///
  /// @param target for an encoder-decoder model what its decoder is given, without the token that
  ///   begins it; null for the model's own translation
  /// @throws TextLengthException if the text has no token or more than the model takes
  /// @throws IllegalArgumentException if a target is given and the model has no decoder
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static AttentionMaps of(Path path, String text, @Nullable String target) {
    ExploredModel model = ExploredModel.open(path);
    if (target != null && model.kind() != ExploredModel.Kind.ENCODER_DECODER) {
      throw new IllegalArgumentException(
          "a target is for encoder-decoder models: received " + path);
    }
    ExploredRun run = model.run(text, target, Ablation.NONE, () -> false);
    String kind = run.target() == null ? OWN : CROSS;
    List<CapturedAttention> layers = run.attentions().getOrDefault(kind, List.of());
    return new AttentionMaps(
        kind,
        shown(run.queries(kind)),
        shown(run.keys(kind)),
        layers.stream().map(CapturedAttention::weights).toList());
  }

  private static List<String> shown(ExploredText text) {
    return text.tokens().stream().map(ExploredText.Token::shown).toList();
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
    float[] all = CapturedAttention.head(weights.get(layer), head);
    float[][] rows = new float[queries.size()][keys.size()];
    for (int t = 0; t < rows.length; t++) {
      System.arraycopy(all, t * keys.size(), rows[t], 0, keys.size());
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
