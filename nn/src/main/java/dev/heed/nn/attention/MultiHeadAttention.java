package dev.heed.nn.attention;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.FusedOperations.Attended;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Attention in several subspaces at once: the query, key and value are projected for each head,
/// each head attends, and their results are joined by one more projection.
///
/// Source: Vaswani et al. 2017, section 3.2.2; names and the order (query, value, key) are those of
/// Keras's layer of this name. Differs: where a query may attend nowhere, Keras's weights are
/// uniform; here that row is zero. A causal query `i` sees keys 0 … `i`, as in Keras, also where
/// there are more keys than queries.
public final class MultiHeadAttention extends Layer implements AttentionHeads {
  private final Configuration configuration;
  private final String kind;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;

  /// The shape of the layer.
  ///
  /// @param modelWidth the width D of the input and output rows
  /// @param numHeads the number of query heads H
  /// @param keyDim the width of one head's query and key
  /// @param valueDim the width of one head's value
  /// @param numKeyValueHeads the number of key and value heads K, a divisor of `numHeads`
  /// @param useBias whether the four projections have a bias
  /// @param dropout the share of attention weights dropped in training
  /// @param scale the factor of each query–key product, usually 1/√keyDim
  public record Configuration(
      int modelWidth,
      int numHeads,
      int keyDim,
      int valueDim,
      int numKeyValueHeads,
      boolean useBias,
      double dropout,
      double scale) {
    public Configuration {
      if (modelWidth < 1 || numHeads < 1 || keyDim < 1 || valueDim < 1 || numKeyValueHeads < 1) {
        throw new IllegalArgumentException(
            "widths and numbers of heads must be 1 or more: received modelWidth=%d, numHeads=%d,"
                    .formatted(modelWidth, numHeads)
                + " keyDim=%d, valueDim=%d, numKeyValueHeads=%d"
                    .formatted(keyDim, valueDim, numKeyValueHeads));
      }
      if (numHeads % numKeyValueHeads != 0) {
        throw new IllegalArgumentException(
            "numKeyValueHeads must divide numHeads: received numKeyValueHeads=%d, numHeads=%d"
                .formatted(numKeyValueHeads, numHeads));
      }
      if (dropout < 0 || dropout >= 1) {
        throw new IllegalArgumentException("dropout must be in [0, 1): received " + dropout);
      }
    }

    /// With products divided by √keyDim.
    public Configuration(
        int modelWidth,
        int numHeads,
        int keyDim,
        int valueDim,
        int numKeyValueHeads,
        boolean useBias,
        double dropout) {
      this(
          modelWidth,
          numHeads,
          keyDim,
          valueDim,
          numKeyValueHeads,
          useBias,
          dropout,
          1 / Math.sqrt(keyDim));
    }

    /// Heads that share the model's width among them, as in the 2017 paper.
    ///
    /// @throws IllegalArgumentException if `numHeads` does not divide `modelWidth`
    public static Configuration splitting(int modelWidth, int numHeads, double dropout) {
      if (numHeads < 1 || modelWidth % numHeads != 0) {
        throw new IllegalArgumentException(
            "numHeads must divide modelWidth: received numHeads=%d, modelWidth=%d"
                .formatted(numHeads, modelWidth));
      }
      int width = modelWidth / numHeads;
      return new Configuration(modelWidth, numHeads, width, width, numHeads, true, dropout);
    }
  }

  /// A layer of rows `modelWidth` wide with `numHeads` heads, each `keyDim` wide.
  public static MultiHeadAttention of(int modelWidth, int numHeads, int keyDim) {
    return new MultiHeadAttention(
        new Configuration(modelWidth, numHeads, keyDim, keyDim, numHeads, true, 0),
        "attentions",
        Initializer.seeded(0));
  }

  /// A layer whose weights a [dev.heed.nn.Trace] lists under `kind`, such as `cross_attentions`.
  public MultiHeadAttention(Configuration configuration, String kind, Initializer initializer) {
    this.configuration = configuration;
    this.kind = kind;
    int width = configuration.modelWidth;
    boolean bias = configuration.useBias;
    int keys = configuration.numKeyValueHeads * configuration.keyDim;
    int values = configuration.numKeyValueHeads * configuration.valueDim;
    int heads = configuration.numHeads;
    this.query = layer("query", new Linear(width, heads * configuration.keyDim, bias, initializer));
    this.key = layer("key", new Linear(width, keys, bias, initializer));
    this.value = layer("value", new Linear(width, values, bias, initializer));
    this.output =
        layer("output", new Linear(heads * configuration.valueDim, width, bias, initializer));
  }

  public Configuration configuration() {
    return configuration;
  }

  @Override
  public int heads() {
    return configuration.numHeads;
  }

  @Override
  public Linear output() {
    return output;
  }

  /// Attends from `query` to `key`, and mixes `value`: [T, D] or [B, T, D] → the same shape.
  ///
  /// @param key as many rows as `value`
  public Tensor apply(Tensor query, Tensor value, Tensor key, Mask mask) {
    return apply(query, value, key, Sequences.of(query), Sequences.of(key), mask, null);
  }

  /// Attends within ragged batches of packed rows, and adds `residual` if there is one.
  public Tensor apply(
      Tensor query,
      Tensor value,
      Tensor key,
      Sequences queries,
      Sequences keys,
      Mask mask,
      @Nullable Tensor residual) {
    return compute(query, value, key, queries, keys, mask, residual).out;
  }

  /// The output and the weights of every head.
  ///
  /// @param out as from [#apply]
  /// @param scores [B, H, T, S]; rows are queries and sum to 1
  public record WithScores(Tensor out, Tensor scores) {}

  /// Like [#apply] with `returnAttentionScores`: runs the same kernel, then recomputes the weights,
  /// so `out` has the same bits. The weights are those before dropout.
  public WithScores applyWithScores(Tensor query, Tensor value, Tensor key, Mask mask) {
    Sequences queries = Sequences.of(query);
    Sequences keys = Sequences.of(key);
    Computed computed = compute(query, value, key, queries, keys, mask, null);
    int t = queries.longest();
    int s = keys.longest();
    int heads = configuration.numHeads;
    Tensor scores = Tensor.empty(Shape.of(queries.count(), heads, t, s), query.dtype());
    Tensor rows = scores.withShape(Shape.of(queries.count(), heads * t * s));
    for (int i = 0; i < queries.count(); i++) {
      Tensor one = computed.weights(i);
      rows.rows(i, i + 1).copyFrom(one.withShape(Shape.of(1, heads * t * s)));
    }
    return new WithScores(computed.out, scores);
  }

  /// Self-attention of texts that go on: `x` [N, D] are their new tokens, which see all before
  /// them.
  ///
  /// @param mask causal, perhaps with a window
  /// @param cached what is known of the tokens before; takes up the new ones
  public Tensor apply(
      Tensor x,
      Sequences sequences,
      Mask mask,
      @Nullable Tensor residual,
      KeyValueCache.Layer cached) {
    AttentionArguments arguments = arguments(sequences, sequences, mask);
    Tensor attended = cached.attend(query.apply(x), key.apply(x), value.apply(x), arguments);
    return output.apply(attended, Activation.NONE, residual);
  }

  /// The keys and values that queries will meet in `encoded` [M, D].
  public CrossAttentionCache.KeysAndValues keysAndValues(Tensor encoded) {
    return new CrossAttentionCache.KeysAndValues(key.apply(encoded), value.apply(encoded));
  }

  /// Attends from `x` [N, D] to sources whose keys and values are known.
  public Tensor apply(
      Tensor x, Sequences targets, @Nullable Tensor residual, CrossAttentionCache.Layer sources) {
    AttentionArguments arguments = arguments(targets, targets, Mask.none());
    return output.apply(sources.attend(query.apply(x), arguments), Activation.NONE, residual);
  }

  private AttentionArguments arguments(Sequences queries, Sequences keys, Mask mask) {
    return AttentionArguments.full(configuration.numHeads, queries, keys, configuration.scale)
        .withKeyValueHeads(configuration.numKeyValueHeads)
        .seeing(mask.left(), mask.right(), mask.keys())
        .withRelativeBias(mask.bias());
  }

  private Computed compute(
      Tensor query,
      Tensor value,
      Tensor key,
      Sequences queries,
      Sequences keys,
      Mask mask,
      @Nullable Tensor residual) {
    Tensor q = this.query.apply(query); // (N, H·Dh)
    Tensor k = this.key.apply(key); // (M, K·Dh)
    Tensor v = this.value.apply(value); // (M, K·Dv)
    AttentionArguments arguments = arguments(queries, keys, mask);
    if (TrainingMode.isOn() && configuration.dropout > 0) {
      arguments = arguments.withDropout(configuration.dropout, TrainingMode.nextKey());
    }
    Attended attended = ObservedAttention.apply(kind, q, k, v, arguments); // (N, H·Dv)
    Tensor out = output.apply(attended.out(), Activation.NONE, residual);
    return new Computed(out, q, k, arguments, attended.logSumExp());
  }

  private record Computed(
      Tensor out, Tensor q, Tensor k, AttentionArguments arguments, Tensor logSumExp) {
    /// The weights of one sequence [H, T, S].
    Tensor weights(int sequence) {
      return FusedOperations.attentionWeights(q, k, arguments, logSumExp, sequence);
    }
  }
}
