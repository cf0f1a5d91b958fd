package dev.heed.nn.head;

import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// Makes one vector out of a sequence's token vectors.
///
/// Source: Reimers and Gurevych 2019 (Sentence-BERT), and the modes of `sentence_transformers`.
/// Padding does not exist here, so nothing pools over it.
public enum Pooling {
  /// The first token's vector, BERT's `[CLS]`.
  FIRST {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      return pick(x, sequences, false);
    }
  },
  /// The largest number of each column.
  MAX {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      return Operations.maxPerSequence(x, sequences);
    }
  },
  /// The mean of all tokens.
  MEAN {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      return Operations.meanPerSequence(x, sequences);
    }
  },
  /// The sum of all tokens divided by the root of their number.
  MEAN_SQRT_LENGTH {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      float[] factors = new float[sequences.count() * x.shape().width()];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = (float) Math.sqrt(sequences.length(i / x.shape().width()));
      }
      Tensor mean = Operations.meanPerSequence(x, sequences); // (B, D)
      return Operations.multiply(mean, Tensor.of(factors, mean.shape().dimensions()));
    }
  },
  /// The mean with the weights 1, 2, 3, … of the tokens.
  WEIGHTED_MEAN {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      int rows = sequences.rows();
      float[] weights = new float[sequences.count() * rows]; // (B, N)
      for (int i = 0; i < sequences.count(); i++) {
        long length = sequences.length(i);
        for (int t = 0; t < length; t++) {
          weights[i * rows + sequences.start(i) + t] =
              (float) (2.0 * (t + 1) / (length * (length + 1)));
        }
      }
      return Operations.matmul(Tensor.of(weights, sequences.count(), rows), x);
    }
  },
  /// The last token's vector.
  LAST {
    @Override
    public Tensor apply(Tensor x, Sequences sequences) {
      return pick(x, sequences, true);
    }
  };

  /// x [N, D] → [B, D].
  ///
  /// @throws IllegalArgumentException if a sequence is empty and its first or last token is wanted
  public abstract Tensor apply(Tensor x, Sequences sequences);

  private static Tensor pick(Tensor x, Sequences sequences, boolean last) {
    int[] rows = new int[sequences.count()];
    for (int i = 0; i < rows.length; i++) {
      if (sequences.length(i) == 0) {
        throw new IllegalArgumentException("sequence %d must have a token".formatted(i));
      }
      rows[i] = sequences.start(i) + (last ? sequences.length(i) - 1 : 0);
    }
    return Operations.selectRows(x, Tensor.of(rows, rows.length));
  }
}
