package dev.heed.model.t5;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.nn.Trace;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.CrossAttentionCache;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.RelativePositions;
import dev.heed.nn.norm.RmsNorm;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// T5's encoder or decoder: blocks that share one table of distances, and a last norm.
final class T5Stack extends Layer {
  private final boolean decoder;
  private final double dropout;
  private final RelativePositions distances;
  private final List<T5Layer> layers = new ArrayList<>();
  private final RmsNorm finalNorm;

  T5Stack(T5Configuration configuration, boolean decoder, Initializer initializer) {
    this.decoder = decoder;
    this.dropout = configuration.dropout();
    this.distances =
        layer(
            "distances",
            new RelativePositions(
                configuration.buckets(),
                configuration.heads(),
                !decoder,
                configuration.greatestDistance(),
                1 / Math.sqrt(configuration.width()),
                initializer));
    int depth = decoder ? configuration.decoderLayers() : configuration.encoderLayers();
    for (int i = 0; i < depth; i++) {
      layers.add(layer("layers." + i, new T5Layer(configuration, decoder, initializer)));
    }
    this.finalNorm = layer("final_norm", T5Layer.norm(configuration, initializer));
  }

  /// The encoder: x [N, D] → [N, D].
  Tensor apply(Tensor x, Sequences sequences) {
    Tensor bias = bias(sequences.longest());
    Mask mask = mask(bias);
    return apply(x, (layer, i, h) -> layer.apply(h, sequences, mask, null, null), bias);
  }

  /// The decoder, whole targets: x [N, D] → [N, D].
  Tensor apply(Tensor x, Sequences targets, Tensor encoded, Sequences sources) {
    Tensor bias = bias(targets.longest());
    Mask mask = mask(bias);
    return apply(
        x,
        (layer, i, h) ->
            layer.apply(
                h,
                targets,
                mask,
                null,
                (attention, own, residual) ->
                    attention.apply(
                        own, encoded, encoded, targets, sources, Mask.none(), residual)),
        bias,
        encoded);
  }

  /// The decoder, tokens that come after others of their targets: x [N, D] → [N, D].
  Tensor apply(Tensor x, Sequences targets, List<DecoderCache> texts) {
    List<KeyValueCache> own = DecoderCache.targets(texts);
    List<CrossAttentionCache> sources = DecoderCache.sources(texts);
    int longest = 0;
    for (int i = 0; i < own.size(); i++) {
      longest = Math.max(longest, own.get(i).length() + targets.length(i));
    }
    Mask mask = mask(bias(longest));
    Tensor out =
        apply(
            x,
            (layer, i, h) ->
                layer.apply(
                    h,
                    targets,
                    mask,
                    new KeyValueCache.Layer(own, i),
                    (attention, inner, residual) ->
                        attention.apply(
                            inner, targets, residual, new CrossAttentionCache.Layer(sources, i))));
    KeyValueCache.advance(targets, own);
    return out;
  }

  private Tensor bias(int longest) {
    return distances.bias(Math.max(0, longest - 1));
  }

  private Mask mask(Tensor bias) {
    Mask biased = Mask.biased(bias);
    return decoder ? Mask.causal().and(biased) : biased;
  }

  private interface Step {
    Tensor apply(T5Layer layer, int number, Tensor h);
  }

  /// @param shared what all steps take beside their own h
  private Tensor apply(Tensor x, Step step, Tensor... shared) {
    String kind = decoder ? "decoder_hidden_states" : "encoder_hidden_states";
    Tensor h = TrainingMode.dropout(x, dropout);
    for (int i = 0; i < layers.size(); i++) {
      Tensor before = h;
      int number = i;
      Trace.add(kind, () -> before);
      Tensor[] inputs = Stream.concat(Stream.of(before), Stream.of(shared)).toArray(Tensor[]::new);
      h = Recomputation.block(() -> step.apply(layers.get(number), number, before), inputs);
    }
    Tensor out = TrainingMode.dropout(finalNorm.apply(h), dropout);
    Trace.add(kind, () -> out);
    return out;
  }

  /// What the cross-attention makes of each source, once for all of its targets.
  List<DecoderCache> newCaches(Tensor encoded, Sequences sources) {
    List<CrossAttentionCache.KeysAndValues> known =
        layers.stream().map(layer -> layer.keysAndValues(encoded)).toList();
    return CrossAttentionCache.of(sources, known).stream()
        .map(source -> new DecoderCache(new KeyValueCache(layers.size()), source))
        .toList();
  }
}
