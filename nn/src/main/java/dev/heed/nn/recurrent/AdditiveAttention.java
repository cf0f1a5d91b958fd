package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.nn.Linear;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;

/// Bahdanau's attention: a small network scores each pair of a query and a key, v · tanh(W·query +
/// U·encoded).
///
/// Source: Bahdanau, Cho and Bengio 2015, appendix A.1.2.
public final class AdditiveAttention extends SourceAttention {
  private final Linear query;
  private final Linear key;
  private final Linear score;

  /// @param queries the width H of the decoder's states
  /// @param encoded the width E of the encoder's
  /// @param width the width A of what compares them
  public AdditiveAttention(int queries, int encoded, int width, Initializer initializer) {
    this.query = layer("query", new Linear(queries, width, false, initializer));
    this.key = layer("key", new Linear(encoded, width, false, initializer));
    this.score = layer("score", new Linear(width, 1, false, initializer));
  }

  @Override
  public Tensor keys(Tensor encoded) {
    return key.apply(encoded);
  }

  @Override
  public Tensor apply(
      Tensor queries, Sequences targets, Tensor keys, Tensor values, Sequences sources) {
    int n = targets.rows();
    int[] lengths = new int[n]; // of each query's source
    for (int text = 0; text < targets.count(); text++) {
      Arrays.fill(lengths, targets.start(text), targets.start(text + 1), sources.length(text));
    }
    Sequences pairs = Sequences.ofLengths(lengths);
    int[] queryOf = new int[pairs.rows()];
    int[] keyOf = new int[pairs.rows()];
    for (int text = 0; text < targets.count(); text++) {
      for (int i = targets.start(text); i < targets.start(text + 1); i++) {
        Arrays.fill(queryOf, pairs.start(i), pairs.start(i + 1), i);
        for (int j = 0; j < lengths[i]; j++) {
          keyOf[pairs.start(i) + j] = sources.start(text) + j;
        }
      }
    }
    Tensor keyRows = Tensor.of(keyOf, keyOf.length);
    Tensor together =
        Operations.add(
            Operations.selectRows(query.apply(queries), Tensor.of(queryOf, queryOf.length)),
            Operations.selectRows(keys, keyRows)); // (P, A)
    Tensor scores = score.apply(Operations.activation(Activation.TANH, together)); // (P, 1)
    // Keys that are the scores and queries that are 1 make of attention its softmax and its sum.
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    int[] each = new int[n];
    Arrays.fill(each, 1);
    return FusedOperations.attention(
            Tensor.of(ones, n, 1).to(queries.dtype()),
            scores,
            Operations.selectRows(values, keyRows),
            AttentionArguments.full(1, Sequences.ofLengths(each), pairs, 1))
        .out();
  }
}
