package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
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
    int from = begin(text, length);
    return Inference.run(() -> {
      for (int at = from; ; at += AT_ONCE) {
        int to = Math.min(length, at + AT_ONCE);
        Tensor hidden = compute(text, at, to);
        if (to == length) {
          return model.logits(hidden.rows(to - at - 1, to - at)).toFloatArray();
        }
      }
    });
  }

  /// The same for several texts at once: what is new in each but its last token is computed alone,
  /// the last tokens of all together.
  ///
  /// @param texts of each the tokens, at least one
  /// @throws IllegalArgumentException if they are not of one model, or one is too long for it
  static List<float[]> nextLogits(List<KnownText> known, List<int[]> texts) {
    CausalModel model = known.getFirst().model;
    int[] last = new int[texts.size()];
    int[] ones = new int[texts.size()];
    Arrays.fill(ones, 1);
    for (int i = 0; i < last.length; i++) {
      KnownText one = known.get(i);
      int[] text = texts.get(i);
      if (one.model != model || known.indexOf(one) != i) {
        throw new IllegalArgumentException(
            "texts that are computed together must be different ones of one model");
      }
      int before = text.length - 1;
      for (int at = one.begin(text, text.length); at < before; at += AT_ONCE) {
        int from = at;
        Inference.run(() -> one.compute(text, from, Math.min(before, from + AT_ONCE)));
      }
      last[i] = text[before];
    }
    float[] all =
        Inference.run(() ->
            model
                .logits(
                    model.apply(
                        Tensor.of(last, last.length),
                        Sequences.ofLengths(ones),
                        known.stream().map(one -> one.cache).toList()))
                .toFloatArray());
    List<float[]> rows = new ArrayList<>();
    int width = model.vocabulary();
    for (int i = 0; i < last.length; i++) {
      rows.add(Arrays.copyOfRange(all, i * width, (i + 1) * width));
    }
    return rows;
  }

  /// Keeps what this text begins with, and says how much that is: always less than `length`.
  private int begin(int[] text, int length) {
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
    return from;
  }

  private Tensor compute(int[] text, int from, int to) {
    int[] part = Arrays.copyOfRange(text, from, to);
    return model.apply(
        Tensor.of(part, part.length), Sequences.ofLengths(part.length), List.of(cache));
  }
}
