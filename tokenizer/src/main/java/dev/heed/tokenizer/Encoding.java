package dev.heed.tokenizer;

import dev.heed.tokenizer.model.TokenBuffer;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A text as tokens: `size()` ids, and for each where it came from.
///
/// Arrays have the shape `[size]` and are copies. Immutable, apart from arrays that a caller was
/// given.
public final class Encoding {
  /// What [#wordId] and [#sequence] answer for tokens that no word or text stands behind.
  public static final int NONE = -1;

  // Read by the post-processing in this package, never written after construction.
  final int[] ids;
  final int[] starts;
  final int[] ends;
  final int[] words;
  final int[] typeIds;
  final byte[] sequences;
  final byte[] special;
  final byte[] attention;
  final @Nullable Map<Integer, String> surfaces;
  final IntFunction<@Nullable String> tokens;
  final List<Encoding> overflowing;

  Encoding(
      int[] ids,
      int[] starts,
      int[] ends,
      int[] words,
      int[] typeIds,
      byte[] sequences,
      byte[] special,
      byte[] attention,
      @Nullable Map<Integer, String> surfaces,
      IntFunction<@Nullable String> tokens,
      List<Encoding> overflowing) {
    this.ids = ids;
    this.starts = starts;
    this.ends = ends;
    this.words = words;
    this.typeIds = typeIds;
    this.sequences = sequences;
    this.special = special;
    this.attention = attention;
    this.surfaces = surfaces;
    this.tokens = tokens;
    this.overflowing = overflowing;
  }

  /// The tokens of one text, before any special token is added.
  static Encoding of(TokenBuffer buffer, int sequence, IntFunction<@Nullable String> tokens) {
    int n = buffer.size();
    byte[] sequences = new byte[n];
    byte[] attention = new byte[n];
    int[] typeIds = new int[n];
    if (sequence != 0) {
      Arrays.fill(sequences, (byte) sequence);
      Arrays.fill(typeIds, sequence);
    }
    Arrays.fill(attention, (byte) 1);
    return new Encoding(
        buffer.ids(),
        buffer.starts(),
        buffer.ends(),
        buffer.words(),
        typeIds,
        sequences,
        new byte[n],
        attention,
        buffer.surfaces(),
        tokens,
        List.of());
  }

  /// The number of tokens.
  public int size() {
    return ids.length;
  }

  public int[] ids() {
    return ids.clone();
  }

  public int id(int index) {
    return ids[index];
  }

  /// The text of each token as the vocabulary has it (`Ġleft`, `##ing`); for an unknown or added
  /// token the characters of the text that it stands for.
  public List<String> tokens() {
    return new AbstractList<>() {
      @Override
      public String get(int index) {
        return token(index);
      }

      @Override
      public int size() {
        return ids.length;
      }
    };
  }

  /// See [#tokens()].
  public String token(int index) {
    String surface = surfaces == null ? null : surfaces.get(index);
    if (surface == null) {
      surface = tokens.apply(ids[index]);
    }
    return surface == null ? "" : surface;
  }

  /// Where the token begins in its text, in UTF-16 units; 0 for one that was added.
  public int start(int index) {
    return starts[index];
  }

  /// Where the token ends in its text, exclusive, in UTF-16 units; 0 for one that was added.
  public int end(int index) {
    return ends[index];
  }

  /// The number of the word that the token belongs to, counted from 0 in its text, or [#NONE].
  public int wordId(int index) {
    return words[index];
  }

  /// The text that the token belongs to: 0, 1 for the second of a pair, or [#NONE].
  public int sequence(int index) {
    return sequences[index];
  }

  /// Segment ids, as BERT wants them.
  public int[] typeIds() {
    return typeIds.clone();
  }

  /// The segment of the token, as BERT wants it.
  public int typeId(int index) {
    return typeIds[index];
  }

  /// Whether the token was added by the tokenizer and stands for no text.
  public boolean isSpecial(int index) {
    return special[index] != 0;
  }

  /// 1 where the token was added by the tokenizer, else 0.
  public int[] specialTokensMask() {
    return widen(special);
  }

  /// 1 where the model may attend, 0 on padding.
  public int[] attentionMask() {
    return widen(attention);
  }

  /// The further windows of a text that was cut to a maximal length, in order.
  public List<Encoding> overflowing() {
    return overflowing;
  }

  private static int[] widen(byte[] mask) {
    int[] wide = new int[mask.length];
    for (int i = 0; i < mask.length; i++) {
      wide[i] = mask[i];
    }
    return wide;
  }

  @Override
  public String toString() {
    return "Encoding" + tokens();
  }
}
