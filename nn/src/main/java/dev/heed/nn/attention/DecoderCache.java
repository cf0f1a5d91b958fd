package dev.heed.nn.attention;

import java.util.List;

/// What the decoder of an encoder-decoder model knows of one target that it makes.
///
/// @param target the keys and values of the target's own tokens so far
/// @param source those of its source
public record DecoderCache(KeyValueCache target, CrossAttentionCache source) {
  /// One of its own for the same target, as beam search needs.
  public DecoderCache copy() {
    return new DecoderCache(target.copy(), source);
  }

  /// What is known of each target alone.
  public static List<KeyValueCache> targets(List<DecoderCache> texts) {
    return texts.stream().map(DecoderCache::target).toList();
  }

  /// What is known of each source.
  public static List<CrossAttentionCache> sources(List<DecoderCache> texts) {
    return texts.stream().map(DecoderCache::source).toList();
  }
}
