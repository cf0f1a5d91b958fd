package dev.heed.task;

import dev.heed.data.TokenizedText;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Texts of like lengths that are computed at once.
///
/// @param indices which of the texts these are
/// @param packed the texts, one after the other
record EncodedBatch(List<Integer> indices, TokenizedText.Packed packed) {
  /// Tokens that are computed at once: enough for the matrices, few enough for the caches.
  private static final int TOKENS = 2048;

  /// What `compute` makes of texts: packed ones → a row for each [B, W].
  ///
  /// @param progress hears how many texts are done
  static List<float[]> rows(
      List<TokenizedText> texts,
      Function<TokenizedText.Packed, Tensor> compute,
      IntConsumer progress) {
    float[][] rows = new float[texts.size()][];
    int done = 0;
    for (EncodedBatch batch : of(texts)) {
      List<Integer> indices = batch.indices;
      Inference.run(() -> {
        Tensor all = compute.apply(batch.packed);
        for (int i = 0; i < indices.size(); i++) {
          rows[indices.get(i)] = all.rows(i, i + 1).toFloatArray();
        }
        return rows;
      });
      done += indices.size();
      progress.accept(done);
    }
    return List.of(rows);
  }

  /// All of `texts` in batches. Longest first: what needs the most memory comes first, and the
  /// lengths of a batch are alike.
  static List<EncodedBatch> of(List<TokenizedText> texts) {
    List<Integer> order =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -texts.get(i).length()))
            .toList();
    List<EncodedBatch> batches = new ArrayList<>();
    int done = 0;
    while (done < order.size()) {
      int end = done + 1;
      int tokens = texts.get(order.get(done)).length();
      while (end < order.size() && tokens + texts.get(order.get(end)).length() <= TOKENS) {
        tokens += texts.get(order.get(end)).length();
        end++;
      }
      List<Integer> indices = order.subList(done, end);
      batches.add(
          new EncodedBatch(indices, TokenizedText.pack(indices.stream().map(texts::get).toList())));
      done = end;
    }
    return batches;
  }
}
