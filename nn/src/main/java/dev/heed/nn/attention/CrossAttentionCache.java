package dev.heed.nn.attention;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The keys and values that each layer of a decoder makes of one source: computed once, read by
/// every token of every target made from it. It never changes, so targets share it.
public final class CrossAttentionCache {
  private static final int ALIGNMENT = 64;

  private final List<KeysAndValues> layers;

  private CrossAttentionCache(List<KeysAndValues> layers) {
    this.layers = List.copyOf(layers);
  }

  /// What one layer made of sources.
  ///
  /// @param keys [M, K·Dh]
  /// @param values [M, K·Dv]
  public record KeysAndValues(Tensor keys, Tensor values) {}

  /// One for each source, in memory that outlives the computation.
  ///
  /// @param layers what each layer of the decoder made of all of them
  public static List<CrossAttentionCache> of(Sequences sources, List<KeysAndValues> layers) {
    List<CrossAttentionCache> caches = new ArrayList<>();
    for (int i = 0; i < sources.count(); i++) {
      int from = sources.start(i);
      int to = sources.start(i + 1);
      caches.add(
          new CrossAttentionCache(
              layers.stream()
                  .map(layer ->
                      new KeysAndValues(
                          kept(layer.keys.rows(from, to)), kept(layer.values.rows(from, to))))
                  .toList()));
    }
    return caches;
  }

  private static Tensor kept(Tensor rows) {
    MemorySegment memory = rows.memory();
    DType dtype = rows.dtype();
    MemorySegment copy = Arena.ofAuto().allocate(Math.max(1, memory.byteSize()), ALIGNMENT);
    MemorySegment.copy(memory, 0, copy, 0, memory.byteSize());
    return Tensor.over(copy.asSlice(0, memory.byteSize()), rows.shape(), dtype);
  }

  /// Where one layer finds the sources of a batch.
  ///
  /// @param sources one for each target of the batch; neighbours may have the same
  /// @param layer the layer's number
  public record Layer(List<CrossAttentionCache> sources, int layer) {
    /// Lets each target's queries attend to all of its source: q [N, H·Dh] → [N, H·Dv].
    ///
    /// @param arguments heads and scale; what they say of queries is that of the targets
    public Tensor attend(Tensor q, AttentionArguments arguments) {
      Sequences targets = arguments.queries();
      if (targets.count() != sources.size()) {
        throw new IllegalArgumentException(
            "a batch of %d targets needs as many sources: received %d"
                .formatted(targets.count(), sources.size()));
      }
      List<Tensor> parts = new ArrayList<>();
      for (int i = 0; i < sources.size(); ) {
        CrossAttentionCache source = sources.get(i);
        int next = i + 1;
        while (next < sources.size() && sources.get(next) == source) {
          next++; // without a mask it does not matter to which target a query belongs
        }
        KeysAndValues known = source.layers.get(layer);
        Tensor queries = q.rows(targets.start(i), targets.start(next));
        parts.add(
            FusedOperations.attention(
                    queries,
                    known.keys,
                    known.values,
                    AttentionArguments.full(
                            arguments.heads(),
                            Sequences.of(queries),
                            Sequences.of(known.keys),
                            arguments.scale())
                        .withKeyValueHeads(arguments.keyValueHeads()))
                .out());
        i = next;
      }
      return parts.size() == 1 ? parts.getFirst() : joined(parts, q);
    }

    private static Tensor joined(List<Tensor> parts, Tensor q) {
      Tensor all =
          Tensor.empty(Shape.of(q.shape().rows(), parts.getFirst().shape().width()), q.dtype());
      int row = 0;
      for (Tensor part : parts) {
        all.rows(row, row + part.shape().rows()).memory().copyFrom(part.memory());
        row += part.shape().rows();
      }
      return all;
    }
  }
}
