package dev.heed.nn.transformer;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.CrossAttentionCache;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A stack of [TransformerDecoderLayer]s; with pre-norm blocks a last norm follows.
public final class TransformerDecoder extends Layer {
  private final List<TransformerDecoderLayer> layers = new ArrayList<>();
  private final @Nullable LayerNorm finalNorm;

  /// A stack of `depth` layers.
  public TransformerDecoder(int depth, BlockConfiguration configuration, Initializer initializer) {
    for (int i = 0; i < depth; i++) {
      layers.add(layer("layers." + i, new TransformerDecoderLayer(configuration, initializer)));
    }
    this.finalNorm =
        configuration.normFirst()
            ? layer(
                "final_norm",
                new LayerNorm(configuration.width(), configuration.epsilon(), true, initializer))
            : null;
  }

  /// x [N, D] and the encoder's output [M, D] → [N, D]. See [TransformerDecoderLayer#apply].
  public Tensor apply(
      Tensor x, Sequences targets, Tensor encoded, Sequences sources, Mask sourceMask) {
    Tensor h = x;
    for (TransformerDecoderLayer layer : layers) {
      Tensor before = h;
      Trace.add("decoder_hidden_states", () -> before);
      h =
          Recomputation.block(
              () -> layer.apply(before, targets, encoded, sources, sourceMask), before, encoded);
    }
    Tensor out = finalNorm == null ? h : finalNorm.apply(h);
    Trace.add("decoder_hidden_states", () -> out);
    return out;
  }

  /// What the layers' cross-attention makes of each source, once for all of its targets.
  ///
  /// @param encoded the encoder's output [M, D]
  public List<DecoderCache> newCaches(Tensor encoded, Sequences sources) {
    List<CrossAttentionCache.KeysAndValues> known =
        layers.stream().map(layer -> layer.keysAndValues(encoded)).toList();
    return CrossAttentionCache.of(sources, known).stream()
        .map(source -> new DecoderCache(new KeyValueCache(layers.size()), source))
        .toList();
  }

  /// x [N, D], tokens that come after others of their targets → [N, D].
  ///
  /// @param texts what is known of each target; takes up the new tokens
  public Tensor apply(Tensor x, Sequences targets, List<DecoderCache> texts) {
    List<KeyValueCache> own = DecoderCache.targets(texts);
    List<CrossAttentionCache> sources = DecoderCache.sources(texts);
    Tensor h = x;
    for (int i = 0; i < layers.size(); i++) {
      Tensor before = h;
      TransformerDecoderLayer layer = layers.get(i);
      KeyValueCache.Layer ownLayer = new KeyValueCache.Layer(own, i);
      CrossAttentionCache.Layer sourceLayer = new CrossAttentionCache.Layer(sources, i);
      h = Inference.keepingResult(() -> layer.apply(before, targets, ownLayer, sourceLayer));
    }
    KeyValueCache.advance(targets, own);
    return finalNorm == null ? h : finalNorm.apply(h);
  }
}
