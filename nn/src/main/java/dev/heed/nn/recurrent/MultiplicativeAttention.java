package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.nn.Linear;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Luong's attention: a query is scored against a key by their product.
///
/// Source: Luong, Pham and Manning 2015, section 3.1, `general` and `dot`.
public final class MultiplicativeAttention extends SourceAttention {
  private final @Nullable Linear key;

  private MultiplicativeAttention(@Nullable Linear key) {
    this.key = key == null ? null : layer("key", key);
  }

  /// query · W·encoded.
  ///
  /// @param queries the width H of the decoder's states
  /// @param encoded the width E of the encoder's
  public static MultiplicativeAttention general(int queries, int encoded, Initializer initializer) {
    return new MultiplicativeAttention(new Linear(encoded, queries, false, initializer));
  }

  /// query · encoded, which are equally wide.
  public static MultiplicativeAttention dot() {
    return new MultiplicativeAttention(null);
  }

  @Override
  public Tensor keys(Tensor encoded) {
    return key == null ? encoded : key.apply(encoded);
  }

  @Override
  public Tensor apply(
      Tensor queries, Sequences targets, Tensor keys, Tensor values, Sequences sources) {
    return FusedOperations.attention(
            queries, keys, values, AttentionArguments.full(1, targets, sources, 1))
        .out();
  }
}
