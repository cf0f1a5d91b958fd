package dev.heed.nn.attention;

import static dev.heed.tensor.Operations.matmul;
import static dev.heed.tensor.Operations.scale;
import static dev.heed.tensor.Operations.softmax;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// softmax(Q · Kᵀ / √Dh) · V, in three forms that give the same numbers: token by token as one
/// would explain it, as a formula on matrices, and as the kernel that never stores the T × S
/// weights.
///
/// Source: Vaswani et al. 2017, equation 1; the loop is that of *Deep Learning with Python*,
/// chapter 11.
public final class ScaledDotProductAttention {
  /// How relevance is measured in [#loop].
  public enum Similarity {
    /// The product of the two vectors, divided by √Dh.
    DOT_PRODUCT,
    /// The cosine of the angle between them, not divided.
    COSINE
  }

  private ScaledDotProductAttention() {}

  /// Token by token: for each query its scores, their softmax, the weighted sum of the values.
  ///
  /// @param q [T, Dh]
  /// @param k [S, Dh]
  /// @param v [S, Dv]
  /// @return [T, Dv]; no gradient flows through
  public static Tensor loop(Tensor q, Tensor k, Tensor v, Similarity similarity) {
    int queries = q.shape().dimension(0);
    int keys = k.shape().dimension(0);
    int width = q.shape().dimension(1);
    int valueWidth = v.shape().dimension(1);
    float[] out = new float[queries * valueWidth];
    float[] query = q.toFloatArray();
    float[] key = k.toFloatArray();
    float[] value = v.toFloatArray();
    for (int t = 0; t < queries; t++) {
      double[] weights = new double[keys];
      double max = Double.NEGATIVE_INFINITY;
      for (int s = 0; s < keys; s++) {
        double dot = dot(query, t, key, s, width);
        weights[s] =
            switch (similarity) {
              case DOT_PRODUCT -> dot / Math.sqrt(width);
              case COSINE ->
                  dot / Math.sqrt(dot(query, t, query, t, width) * dot(key, s, key, s, width));
            };
        max = Math.max(max, weights[s]);
      }
      double sum = 0;
      for (int s = 0; s < keys; s++) {
        weights[s] = StrictMath.exp(weights[s] - max);
        sum += weights[s];
      }
      for (int d = 0; d < valueWidth; d++) {
        double mixed = 0;
        for (int s = 0; s < keys; s++) {
          mixed += weights[s] / sum * value[s * valueWidth + d];
        }
        out[t * valueWidth + d] = (float) mixed;
      }
    }
    return Tensor.of(out, queries, valueWidth);
  }

  private static double dot(float[] a, int rowA, float[] b, int rowB, int width) {
    double dot = 0;
    for (int d = 0; d < width; d++) {
      dot += (double) a[rowA * width + d] * b[rowB * width + d];
    }
    return dot;
  }

  /// The formula on matrices; stores the weights.
  public static Tensor formula(Tensor q, Tensor k, Tensor v) {
    return matmul(weights(q, k), v); // (T, S) · (S, Dv) → (T, Dv)
  }

  /// softmax(q · kᵀ / √Dh): [T, S], each row sums to 1.
  public static Tensor weights(Tensor q, Tensor k) {
    int width = q.shape().dimension(1);
    return softmax(scale(matmul(q, false, k, true), 1 / Math.sqrt(width)));
  }

  /// The fused kernel, one head.
  public static Tensor fused(Tensor q, Tensor k, Tensor v) {
    AttentionArguments arguments =
        AttentionArguments.full(
            1, Sequences.of(q), Sequences.of(k), 1 / Math.sqrt(q.shape().dimension(1)));
    return FusedOperations.attention(q, k, v, arguments).out();
  }
}
