package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A stack of [TransformerEncoderLayer]s; with pre-norm blocks a last norm follows.
public final class TransformerEncoder extends Layer {
  private final String tracePrefix;
  private final List<TransformerEncoderLayer> layers = new ArrayList<>();
  private final int[] order;
  private final @Nullable LayerNorm finalNorm;

  /// A stack of `depth` layers.
  ///
  /// @param tracePrefix what a [Trace] puts before `hidden_states` and `attentions`: empty, or
  ///   `encoder_`
  public TransformerEncoder(
      int depth, BlockConfiguration configuration, String tracePrefix, Initializer initializer) {
    this(IntStream.range(0, depth).toArray(), configuration, tracePrefix, initializer);
  }

  /// A stack in which a layer may have several places, as in ALBERT.
  ///
  /// @param order which layer stands at each place, numbered from 0
  public TransformerEncoder(
      int[] order, BlockConfiguration configuration, String tracePrefix, Initializer initializer) {
    this.tracePrefix = tracePrefix;
    this.order = order.clone();
    int distinct = Arrays.stream(order).max().orElse(-1) + 1;
    for (int i = 0; i < distinct; i++) {
      layers.add(
          layer(
              "layers." + i,
              new TransformerEncoderLayer(configuration, tracePrefix + "attentions", initializer)));
    }
    this.finalNorm =
        configuration.normFirst()
            ? layer(
                "final_norm",
                new LayerNorm(configuration.width(), configuration.epsilon(), true, initializer))
            : null;
  }

  /// x [N, D] → [N, D].
  public Tensor apply(Tensor x, Sequences sequences, Mask mask) {
    return apply(x, sequences, mask, null);
  }

  /// The same for tokens that come after others of their texts.
  ///
  /// @param texts what is known of those; takes up the new ones
  public Tensor apply(
      Tensor x, Sequences sequences, Mask mask, @Nullable List<KeyValueCache> texts) {
    Tensor h = x;
    for (int i = 0; i < order.length; i++) {
      Tensor before = h;
      Trace.add(tracePrefix + "hidden_states", () -> before);
      TransformerEncoderLayer layer = layers.get(order[i]);
      KeyValueCache.Layer cached = texts == null ? null : new KeyValueCache.Layer(texts, i);
      h = Recomputation.block(() -> layer.apply(before, sequences, mask, cached), before);
    }
    Tensor out = finalNorm(h);
    Trace.add(tracePrefix + "hidden_states", () -> out);
    return out;
  }

  /// The norm behind the last block [N, D] → [N, D]; with post-norm blocks, what it is given.
  public Tensor finalNorm(Tensor hidden) {
    return finalNorm == null ? hidden : finalNorm.apply(hidden);
  }
}
