package dev.heed.task;

import java.util.Locale;

/// How alike two vectors are; the larger, the more.
///
/// Source: `similarity_fn_name` of `sentence_transformers`.
public enum Similarity {
  /// The cosine of the angle between them, in −1 … 1.
  COSINE {
    @Override
    public float of(float[] a, float[] b) {
      double lengths = Math.sqrt(product(a, a) * product(b, b));
      return lengths == 0 ? 0 : (float) (product(a, b) / lengths);
    }
  },
  /// The sum of the products.
  DOT {
    @Override
    public float of(float[] a, float[] b) {
      return (float) product(a, b);
    }
  },
  /// The distance, negative.
  EUCLIDEAN {
    @Override
    public float of(float[] a, float[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        double difference = (double) a[i] - b[i];
        sum += difference * difference;
      }
      return (float) -Math.sqrt(sum);
    }
  },
  /// The sum of the distances of all components, negative.
  MANHATTAN {
    @Override
    public float of(float[] a, float[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += Math.abs((double) a[i] - b[i]);
      }
      return (float) -sum;
    }
  };

  /// The similarity of two vectors of the same width.
  public abstract float of(float[] a, float[] b);

  /// Its name in files.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
