package dev.heed.task;

import dev.heed.data.RatedPairs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// How good an embedder is on pairs of texts.
///
/// Source: `EmbeddingSimilarityEvaluator` of `sentence_transformers`, which takes the cosine, for
/// pairs with scores; for others the usual figures of retrieval.
///
/// @param pairs how many were tried
/// @param spearman the correlation of the ranks of cosines and scores; NaN without scores
/// @param pearson the correlation of cosines and scores; NaN without scores
/// @param accuracy the share of first texts whose nearest of all second texts is their own; NaN
///   with scores
/// @param meanReciprocalRank the mean of 1 / the place of their own; NaN with scores
public record EmbeddingFigures(
    int pairs, double spearman, double pearson, double accuracy, double meanReciprocalRank) {

  /// Tries an embedder.
  public static EmbeddingFigures of(SentenceEmbedder embedder, RatedPairs pairs) {
    int count = pairs.pairs().size();
    List<String> texts = new ArrayList<>();
    pairs.pairs().forEach(pair -> texts.add(pair.first()));
    pairs.pairs().forEach(pair -> texts.add(pair.second()));
    List<float[]> vectors = embedder.embed(texts).vectors();
    if (pairs.scored()) {
      double[] cosines = new double[count];
      double[] scores = new double[count];
      for (int i = 0; i < count; i++) {
        cosines[i] = Similarity.COSINE.of(vectors.get(i), vectors.get(count + i));
        scores[i] = pairs.pairs().get(i).score();
      }
      return new EmbeddingFigures(
          count,
          pearson(ranks(cosines), ranks(scores)),
          pearson(cosines, scores),
          Double.NaN,
          Double.NaN);
    }
    int nearest = 0;
    double reciprocal = 0;
    for (int i = 0; i < count; i++) {
      String own = pairs.pairs().get(i).second();
      float to = Similarity.COSINE.of(vectors.get(i), vectors.get(count + i));
      int before = 0;
      for (int j = 0; j < count; j++) {
        if (!pairs.pairs().get(j).second().equals(own)
            && Similarity.COSINE.of(vectors.get(i), vectors.get(count + j)) > to) {
          before++;
        }
      }
      nearest += before == 0 ? 1 : 0;
      reciprocal += 1.0 / (before + 1);
    }
    return new EmbeddingFigures(
        count, Double.NaN, Double.NaN, (double) nearest / count, reciprocal / count);
  }

  /// The correlation of two lists; NaN where one has no deviation.
  static double pearson(double[] a, double[] b) {
    double meanA = IntStream.range(0, a.length).mapToDouble(i -> a[i]).average().orElse(0);
    double meanB = IntStream.range(0, b.length).mapToDouble(i -> b[i]).average().orElse(0);
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - meanA) * (b[i] - meanB);
      squaresA += (a[i] - meanA) * (a[i] - meanA);
      squaresB += (b[i] - meanB) * (b[i] - meanB);
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  /// The place of each value from the smallest on; equal ones share the mean of their places.
  static double[] ranks(double[] values) {
    List<Integer> order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .toList();
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < ranks.length) {
      int to = from + 1;
      while (to < ranks.length && values[order.get(to)] == values[order.get(from)]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order.get(i)] = (from + to + 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
