package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// What a model has computed of one text so far, so that a longer text that begins the same is
/// computed from where they part: the turns of a conversation, the tokens of an answer.
///
/// For one thread at a time; one model serves any number of these.
public final class KnownText {
  /// As many tokens of a prompt as are computed at once: what is in memory meanwhile is bounded.
  private static final int AT_ONCE = 512;

  private final CausalModel model;
  private KeyValueCache cache;
  private int[] ids = new int[0];

  /// Nothing is known yet.
  public KnownText(CausalModel model) {
    this(model, model.newCache());
  }

  /// The same with a cache of the caller's, which takes up the tokens.
  KnownText(CausalModel model, KeyValueCache empty) {
    this.model = model;
    this.cache = empty;
  }

  /// The number of tokens known.
  public int length() {
    return cache.length();
  }

  /// The logits [V] of the token after the first `length` of `text`.
  ///
  /// @throws IllegalArgumentException if that is too long for the model
  public float[] nextLogits(int[] text, int length) {
    int common = 0;
    int most = Math.min(cache.length(), length - 1); // the last token's hidden state is not kept
    while (common < most && ids[common] == text[common]) {
      common++;
    }
    if (common < cache.length() && !cache.truncate(common)) {
      cache = model.newCache();
    }
    int from = cache.length();
    ids = text.length > ids.length ? Arrays.copyOf(ids, text.length) : ids;
    System.arraycopy(text, from, ids, from, length - from);
    return Inference.run(() -> {
      for (int at = from; ; at += AT_ONCE) {
        int to = Math.min(length, at + AT_ONCE);
        int[] part = Arrays.copyOfRange(text, at, to);
        Tensor hidden =
            model.apply(
                Tensor.of(part, part.length), Sequences.ofLengths(part.length), List.of(cache));
        if (to == length) {
          return model.logits(hidden.rows(part.length - 1, part.length)).toFloatArray();
        }
      }
    });
  }
}
