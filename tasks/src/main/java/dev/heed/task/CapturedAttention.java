package dev.heed.task;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.FusedOperations.Attended;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// One layer's attention as it was computed for a text: from its queries, keys and values all else
/// follows, so that of the weights no more is held than somebody looks at.
public final class CapturedAttention {
  private final Tensor q; // (T, H·Dh)
  private final Tensor k; // (S, K·Dh)
  private final Tensor v; // (S, K·Dv)
  private final Tensor logSumExp;
  private final AttentionArguments arguments;

  CapturedAttention(Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Attended attended) {
    this.q = q.copy();
    this.k = k.copy();
    this.v = v.copy();
    this.logSumExp = attended.logSumExp().copy();
    Tensor mask = arguments.keyMask();
    Tensor bias = arguments.relativeBias();
    this.arguments =
        arguments
            .seeing(arguments.left(), arguments.right(), mask == null ? null : mask.copy())
            .withRelativeBias(bias == null ? null : bias.copy());
  }

  /// The number of heads H.
  public int heads() {
    return arguments.heads();
  }

  /// The number of queries T.
  public int queries() {
    return arguments.queries().rows();
  }

  /// The number of keys S.
  public int keys() {
    return arguments.keys().rows();
  }

  /// The width of a head's query and key.
  public int headWidth() {
    return q.shape().width() / heads();
  }

  /// The number of heads K that keys and values have.
  public int keyValueHeads() {
    return arguments.keyValueHeads();
  }

  /// The weights of all heads, F32 [H, T, S]; each row sums to 1, or is zero where a query may
  /// attend nowhere.
  public Tensor weights() {
    return FusedOperations.attentionWeights(q, k, arguments, logSumExp, 0);
  }

  /// The weights of one head [T, S], row by row: the same numbers, without those of the others.
  ///
  /// @throws IndexOutOfBoundsException if there is no such head
  public float[] weights(int head) {
    int group = Objects.checkIndex(head, heads()) / (heads() / keyValueHeads());
    Tensor bias = arguments.relativeBias();
    AttentionArguments one =
        AttentionArguments.full(1, arguments.queries(), arguments.keys(), arguments.scale())
            .seeing(arguments.left(), arguments.right(), arguments.keyMask())
            .withRelativeBias(bias == null ? null : bias.rows(head, head + 1));
    return FusedOperations.attentionWeights(
            columns(q, head, heads()),
            columns(k, group, keyValueHeads()),
            one,
            columns(logSumExp, head, heads()),
            0)
        .toFloatArray();
  }

  /// One head's part of all rows.
  private static Tensor columns(Tensor rows, int head, int heads) {
    int all = rows.shape().width();
    int width = all / heads;
    int count = rows.shape().rows();
    float[] part = new float[count * width];
    for (int row = 0; row < count; row++) {
      long from = 4 * ((long) row * all + (long) head * width);
      MemorySegment.copy(rows.memory(), ValueLayout.JAVA_FLOAT, from, part, row * width, width);
    }
    return Tensor.of(part, count, width);
  }

  /// The weights of one head out of [#weights], row by row.
  static float[] head(Tensor weights, int head) {
    int size = weights.shape().dimension(1) * weights.shape().dimension(2);
    return weights
        .memory()
        .asSlice((long) head * size * Float.BYTES, (long) size * Float.BYTES)
        .toArray(ValueLayout.JAVA_FLOAT);
  }

  /// How a query's new vector comes about, step by step, for each key: Figure 11.6 of *Deep
  /// Learning with Python* with this model's numbers.
  ///
  /// @param query the query's vector [Dh], positions turned in
  /// @param keys the keys' vectors [S][Dh]
  /// @param products query · key
  /// @param cosines of the angle between them
  /// @param scale what products are multiplied with
  /// @param biases what is then added for the distance; zeros where the model adds nothing
  /// @param seen whether the query may attend to the key
  /// @param weights the softmax over the keys that are seen: they sum to 1
  /// @param valueLengths the length of each key's value
  /// @param shares weight × length of the value, divided by the sum over all keys: how large a part
  ///   of the new vector comes from each
  /// @param mixed the weighted sum of the values [Dv]
  public record Anatomy(
      float[] query,
      float[][] keys,
      float[] products,
      float[] cosines,
      double scale,
      float[] biases,
      boolean[] seen,
      float[] weights,
      float[] valueLengths,
      float[] shares,
      float[] mixed) {}

  /// The steps for one query in one head.
  ///
  /// @throws IndexOutOfBoundsException if there is no such head or query
  public Anatomy anatomy(int head, int query) {
    int count = keys();
    int group = head / (heads() / keyValueHeads());
    float[] asking = part(q, query, head, heads());
    float[][] keys = new float[count][];
    float[] products = new float[count];
    float[] cosines = new float[count];
    float[] biases = new float[count];
    boolean[] seen = new boolean[count];
    double[] scores = new double[count];
    double most = Double.NEGATIVE_INFINITY;
    int position = query + arguments.queryOffset(0);
    Tensor mask = arguments.keyMask();
    for (int s = 0; s < count; s++) {
      keys[s] = part(k, s, group, keyValueHeads());
      double product = dot(asking, keys[s]);
      products[s] = (float) product;
      cosines[s] =
          (float) (product / Math.sqrt(dot(asking, asking) * dot(keys[s], keys[s]) + 1e-30));
      biases[s] = bias(head, s - position);
      seen[s] =
          s >= arguments.firstKey(position)
              && s < arguments.endKey(position, count)
              && (mask == null || mask.memory().getAtIndex(ValueLayout.JAVA_INT, s) != 0);
      scores[s] = product * arguments.scale() + biases[s];
      most = seen[s] ? Math.max(most, scores[s]) : most;
    }
    float[] weights = softmax(scores, seen, most);
    float[] lengths = new float[count];
    float[] shares = new float[count];
    float[] mixed = new float[v.shape().width() / keyValueHeads()];
    double parts = 0;
    for (int s = 0; s < count; s++) {
      float[] value = part(v, s, group, keyValueHeads());
      lengths[s] = (float) Math.sqrt(dot(value, value));
      parts += weights[s] * lengths[s];
      for (int d = 0; d < mixed.length; d++) {
        mixed[d] += weights[s] * value[d];
      }
    }
    for (int s = 0; s < count; s++) {
      shares[s] = parts == 0 ? 0 : (float) (weights[s] * lengths[s] / parts);
    }
    return new Anatomy(
        asking,
        keys,
        products,
        cosines,
        arguments.scale(),
        biases,
        seen,
        weights,
        lengths,
        shares,
        mixed);
  }

  private static float[] softmax(double[] scores, boolean[] seen, double most) {
    double sum = 0;
    for (int s = 0; s < scores.length; s++) {
      sum += seen[s] ? Math.exp(scores[s] - most) : 0;
    }
    float[] weights = new float[scores.length];
    for (int s = 0; s < scores.length; s++) {
      weights[s] = seen[s] ? (float) (Math.exp(scores[s] - most) / sum) : 0;
    }
    return weights;
  }

  private float bias(int head, int distance) {
    Tensor bias = arguments.relativeBias();
    if (bias == null) {
      return 0;
    }
    int column = distance + bias.shape().width() / 2;
    // Beyond the table lie only keys that the query does not see.
    return column < 0 || column >= bias.shape().width() ? 0 : (float) bias.get(head, column);
  }

  /// One head's part of a row.
  private static float[] part(Tensor rows, int row, int head, int heads) {
    int width = rows.shape().width() / heads;
    long from = 4L * ((long) row * heads + head) * width;
    return rows.memory().asSlice(from, 4L * width).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static double dot(float[] a, float[] b) {
    double dot = 0;
    for (int d = 0; d < a.length; d++) {
      dot += (double) a[d] * b[d];
    }
    return dot;
  }
}
