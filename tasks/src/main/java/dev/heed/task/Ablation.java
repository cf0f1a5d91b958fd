package dev.heed.task;

import java.util.Set;

/// What is taken away from a model while it computes, to see what it did.
///
/// @param heads whose results are zero
/// @param hiddenTokens places of the source text (or the only one) that no query may attend to
public record Ablation(Set<Head> heads, Set<Integer> hiddenTokens) {
  /// A head.
  ///
  /// @param kind `attentions`, `encoder_attentions`, `decoder_attentions` or `cross_attentions`
  public record Head(String kind, int layer, int head) {}

  /// Nothing is taken away.
  public static final Ablation NONE = new Ablation(Set.of(), Set.of());

  public Ablation {
    heads = Set.copyOf(heads);
    hiddenTokens = Set.copyOf(hiddenTokens);
  }

  /// Whether anything is taken away.
  public boolean isNone() {
    return heads.isEmpty() && hiddenTokens.isEmpty();
  }
}
