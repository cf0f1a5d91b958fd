package dev.heed.nn.embedding;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;

/// What each head adds to its scores for the distance between key and query: one learned number for
/// each bucket of distances. Near distances have a bucket each, farther ones share theirs,
/// logarithmically up to a greatest distance.
///
/// Source: Raffel et al. 2020 (T5), section 2.1; MPNet too.
public final class RelativePositions extends Layer {
  private final Parameter weight;
  private final boolean bothWays;
  private final int greatest;

  /// A table of `buckets` distances for each of `heads`.
  ///
  /// @param bothWays whether keys after the query have buckets of their own (an encoder's), or
  ///   count as at distance 0 (a decoder's)
  /// @param greatest the distance from which on all share the last bucket
  public RelativePositions(
      int buckets,
      int heads,
      boolean bothWays,
      int greatest,
      double deviation,
      Initializer initializer) {
    int oneWay = bothWays ? buckets / 2 : buckets;
    if (oneWay < 2 || bothWays && buckets % 2 != 0 || greatest <= oneWay / 2) {
      throw new IllegalArgumentException(
          "there must be 2 or more buckets each way, and a greatest distance beyond half of them:"
              + " received buckets=%d, bothWays=%s, greatest=%d"
                  .formatted(buckets, bothWays, greatest));
    }
    this.weight = parameter("weight", initializer.normal(deviation, buckets, heads));
    this.bothWays = bothWays;
    this.greatest = greatest;
  }

  /// What is added at the distances −reach … reach of the key from the query: [H, 2·reach + 1], as
  /// [dev.heed.tensor.AttentionArguments#relativeBias] wants it.
  public Tensor bias(int reach) {
    int columns = 2 * reach + 1;
    int buckets = weight.shape().dimension(0);
    float[] chosen = new float[buckets * columns]; // 1 where a distance has its bucket
    for (int i = 0; i < columns; i++) {
      chosen[bucket(i - reach) * columns + i] = 1;
    }
    Tensor plain = FusedOperations.dequantized(weight);
    Tensor table = Tensor.of(chosen, buckets, columns).to(plain.dtype());
    return Operations.matmul(plain, true, table, false); // (H, 2c + 1)
  }

  /// The bucket of a key `distance` after the query, negative if before it.
  int bucket(int distance) {
    int all = weight.shape().dimension(0);
    int oneWay = bothWays ? all / 2 : all;
    int first = bothWays && distance > 0 ? oneWay : 0;
    int far = bothWays ? Math.abs(distance) : Math.max(0, -distance);
    int exact = oneWay / 2;
    if (far < exact) {
      return first + far;
    }
    // In single precision, as the reference has it: at a border between buckets it matters.
    float share =
        (float) Math.log((float) far / exact) / (float) Math.log((double) greatest / exact);
    return first + Math.min(oneWay - 1, exact + (int) (share * (oneWay - exact)));
  }
}
