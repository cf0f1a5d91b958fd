package dev.heed.task;

import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/// What an embedder is trained to make small.
final class EmbeddingLosses {
  /// What cosines are multiplied by.
  private static final double SCALE = 20;

  private EmbeddingLosses() {}

  /// For each first text, finding its second one among all second texts of the batch: a [B, D], b
  /// [B, D] → the sum of the cross-entropies, in nats.
  ///
  /// Source: Henderson et al. 2017; `MultipleNegativesRankingLoss` of `sentence_transformers`,
  /// which takes the mean.
  static Tensor multipleNegativesRanking(Tensor a, Tensor b) {
    Tensor cosines =
        Operations.matmul(
            SentenceModules.Normalize.unit(a), false, SentenceModules.Normalize.unit(b), true);
    int batch = a.shape().dimension(0);
    Tensor own = Tensor.of(IntStream.range(0, batch).toArray(), batch);
    return FusedOperations.crossEntropy(Operations.scale(cosines, SCALE), own, 0); // (B, B)
  }

  /// For each two pairs of which one has the higher score, that its cosine is higher too: a [B, D],
  /// b [B, D] → ln(1 + Σ exp(20 · (cosine of the lower − cosine of the higher))).
  ///
  /// Source: Su 2022; `CoSENTLoss` of `sentence_transformers`.
  static Tensor cosineSentences(Tensor a, Tensor b, float[] scores) {
    int[] lower = new int[scores.length * scores.length + 1];
    int[] higher = new int[lower.length];
    int count = 1; // the first compares pair 0 with itself: exp(0) is the 1 of the formula
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (scores[i] < scores[j]) {
          lower[count] = i;
          higher[count++] = j;
        }
      }
    }
    int width = a.shape().width();
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    Tensor products =
        Operations.multiply(SentenceModules.Normalize.unit(a), SentenceModules.Normalize.unit(b));
    Tensor cosines = Operations.matmul(products, Tensor.of(ones, width, 1)); // (B, 1)
    Tensor differences =
        Operations.subtract(rows(cosines, lower, count), rows(cosines, higher, count));
    Tensor logits = Operations.reshape(Operations.scale(differences, SCALE), 1, count);
    return FusedOperations.crossEntropy(logits, Tensor.of(new int[] {0}, 1), 0);
  }

  private static Tensor rows(Tensor x, int[] of, int count) {
    return Operations.selectRows(x, Tensor.of(Arrays.copyOf(of, count), count));
  }
}
