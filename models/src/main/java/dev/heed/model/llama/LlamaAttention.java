package dev.heed.model.llama;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.attention.AttentionHeads;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.ObservedAttention;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.norm.RmsNorm;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Causal attention with grouped heads, rotary positions and perhaps a norm of each head's query
/// and key.
final class LlamaAttention extends Layer implements AttentionHeads {
  private final LlamaConfiguration configuration;
  private final int left;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final @Nullable RmsNorm queryNorm;
  private final @Nullable RmsNorm keyNorm;

  LlamaAttention(LlamaConfiguration configuration, int number, Initializer initializer) {
    this.configuration = configuration;
    this.left = configuration.left(number);
    int width = configuration.width();
    int queries = configuration.heads() * configuration.headWidth();
    int keys = configuration.keyValueHeads() * configuration.headWidth();
    boolean bias = configuration.queryBias();
    this.query = layer("query", new Linear(width, queries, bias, initializer));
    this.key = layer("key", new Linear(width, keys, bias, initializer));
    this.value = layer("value", new Linear(width, keys, bias, initializer));
    this.output =
        layer("output", new Linear(queries, width, configuration.outputBias(), initializer));
    this.queryNorm = configuration.queryKeyNorm() ? layer("query_norm", norm(initializer)) : null;
    this.keyNorm = configuration.queryKeyNorm() ? layer("key_norm", norm(initializer)) : null;
  }

  private RmsNorm norm(Initializer initializer) {
    return new RmsNorm(
        configuration.headWidth(),
        configuration.epsilon(),
        configuration.onePlusNorm(),
        initializer);
  }

  @Override
  public int heads() {
    return configuration.heads();
  }

  @Override
  public Linear output() {
    return output;
  }

  /// x [N, D] → [N, D], plus `residual` if there is one.
  ///
  /// @param positions I32 [N]: the row of `angles` for each token
  /// @param cached what is known of tokens before these; null where there are none
  Tensor apply(
      Tensor x,
      Sequences sequences,
      Tensor positions,
      RotaryPositions angles,
      @Nullable Tensor residual,
      KeyValueCache.@Nullable Layer cached) {
    int heads = configuration.heads();
    int keyHeads = configuration.keyValueHeads();
    Tensor q = angles.apply(normed(query.apply(x), queryNorm), heads, positions); // (N, H·Dh)
    Tensor k = angles.apply(normed(key.apply(x), keyNorm), keyHeads, positions); // (N, K·Dh)
    Tensor v = value.apply(x); // (N, K·Dh)
    AttentionArguments arguments =
        AttentionArguments.full(heads, sequences, sequences, configuration.attentionScale())
            .withKeyValueHeads(keyHeads)
            .seeing(left, 0, null);
    if (cached != null) {
      return output.apply(cached.attend(q, k, v, arguments), Activation.NONE, residual);
    }
    Tensor attended = ObservedAttention.apply("attentions", q, k, v, arguments).out();
    return output.apply(attended, Activation.NONE, residual);
  }

  private Tensor normed(Tensor x, @Nullable RmsNorm norm) {
    if (norm == null) {
      return x;
    }
    int width = x.shape().width();
    int headWidth = configuration.headWidth();
    int rows = x.shape().rows();
    Tensor heads = Operations.reshape(x, rows * (width / headWidth), headWidth);
    return Operations.reshape(norm.apply(heads), rows, width);
  }
}
