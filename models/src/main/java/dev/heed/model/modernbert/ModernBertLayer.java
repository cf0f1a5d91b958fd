package dev.heed.model.modernbert;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.ObservedAttention;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A pre-norm block with rotary positions, whose attention may see near tokens only, and a gated
/// feed-forward. The first one has no norm before its attention, since the embedding has one.
final class ModernBertLayer extends Layer {
  private static final int ALL = Integer.MAX_VALUE;

  private final ModernBertConfiguration configuration;
  private final int reach;
  private final @Nullable LayerNorm attentionNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final LayerNorm feedForwardNorm;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  ModernBertLayer(ModernBertConfiguration configuration, int number, Initializer initializer) {
    this.configuration = configuration;
    this.reach = configuration.local().get(number) ? configuration.window() : ALL;
    int width = configuration.width();
    int inner = configuration.feedForwardWidth();
    boolean bias = configuration.attentionBias();
    boolean innerBias = configuration.feedForwardBias();
    this.attentionNorm =
        number == 0 ? null : layer("attention_norm", norm(configuration, initializer));
    this.query = layer("query", new Linear(width, width, bias, initializer));
    this.key = layer("key", new Linear(width, width, bias, initializer));
    this.value = layer("value", new Linear(width, width, bias, initializer));
    this.output = layer("output", new Linear(width, width, bias, initializer));
    this.feedForwardNorm = layer("feed_forward_norm", norm(configuration, initializer));
    this.gate = layer("gate", new Linear(width, inner, innerBias, initializer));
    this.up = layer("up", new Linear(width, inner, innerBias, initializer));
    this.down = layer("down", new Linear(inner, width, innerBias, initializer));
  }

  static LayerNorm norm(ModernBertConfiguration configuration, Initializer initializer) {
    return new LayerNorm(
        configuration.width(), configuration.epsilon(), configuration.normBias(), initializer);
  }

  /// x [N, D] → [N, D].
  ///
  /// @param positions I32 [N]: the row of `angles` for each token
  Tensor apply(Tensor x, Sequences sequences, Tensor positions, RotaryPositions angles) {
    Tensor attended = attend(x, sequences, positions, angles);
    Tensor h = feedForwardNorm.apply(attended);
    h = Operations.gated(configuration.activation(), gate.apply(h), up.apply(h)); // (N, F)
    h = TrainingMode.dropout(h, configuration.dropout().feedForward());
    return down.apply(h, Activation.NONE, attended);
  }

  private Tensor attend(Tensor x, Sequences sequences, Tensor positions, RotaryPositions angles) {
    int heads = configuration.heads();
    Tensor h = attentionNorm == null ? x : attentionNorm.apply(x);
    Tensor q = angles.apply(query.apply(h), heads, positions); // (N, D)
    Tensor k = angles.apply(key.apply(h), heads, positions); // (N, D)
    double scale = 1 / Math.sqrt((double) configuration.width() / heads);
    AttentionArguments arguments =
        AttentionArguments.full(heads, sequences, sequences, scale).seeing(reach, reach, null);
    double dropout = configuration.dropout().attention();
    boolean drops = TrainingMode.isOn() && dropout > 0;
    if (drops) {
      arguments = arguments.withDropout(dropout, TrainingMode.nextKey());
    }
    Tensor attended = ObservedAttention.apply("attentions", q, k, value.apply(h), arguments).out();
    if (drops) {
      return Operations.add(x, TrainingMode.dropout(output.apply(attended), dropout));
    }
    return output.apply(attended, Activation.NONE, x);
  }
}
