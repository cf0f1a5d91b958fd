package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The Rust tokenizers on the same `tokenizer.json`, and the comparison with ours: ids, texts of
/// tokens, word ids and offsets (which Rust counts in code points).
final class Oracle implements AutoCloseable {
  private final HuggingFaceTokenizer rust;
  private final Tokenizer ours;

  Oracle(byte[] tokenizerJson) throws IOException {
    rust =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(tokenizerJson),
            Map.of("truncation", "false", "padding", "false"));
    ours = Tokenizer.read(new ByteArrayInputStream(tokenizerJson));
  }

  /// Fails where ours differs from Rust in anything.
  void agreesOn(String text, boolean addSpecialTokens) {
    String difference = difference(text, addSpecialTokens);
    if (difference != null) {
      assertThat(difference).as("text <%s>", escape(text)).isNull();
    }
  }

  /// What differs, or null.
  @Nullable String difference(String text, boolean addSpecialTokens) {
    return difference(
        rust.encode(text, addSpecialTokens, false),
        ours.encode(text, addSpecialTokens),
        text,
        text);
  }

  /// Fails where ours differs from Rust in anything for a pair of texts.
  void agreesOnPair(String first, String second, boolean addSpecialTokens) {
    String difference =
        difference(
            rust.encode(first, second, addSpecialTokens, false),
            ours.encodePair(first, second, addSpecialTokens),
            first,
            second);
    assertThat(difference).as("texts <%s> <%s>", escape(first), escape(second)).isNull();
  }

  private static @Nullable String difference(
      ai.djl.huggingface.tokenizers.Encoding expected,
      Encoding actual,
      String text,
      String second) {
    int[][] codePoints = {codePointPositions(text), codePointPositions(second)};
    int n = expected.getIds().length;
    boolean same = n == actual.size();
    for (int i = 0; same && i < n; i++) {
      same = theirs(expected, i).equals(ours(actual, i, codePoints));
    }
    if (same) {
      return null;
    }
    StringBuilder all = new StringBuilder("\nexpected ");
    for (int i = 0; i < n; i++) {
      all.append(theirs(expected, i)).append(' ');
    }
    all.append("\nreceived ");
    for (int i = 0; i < actual.size(); i++) {
      all.append(ours(actual, i, codePoints)).append(' ');
    }
    return escape(all.toString());
  }

  /// Everything that is known of one token.
  private record Token(
      String text, long id, int begin, int end, long word, long type, long special) {
    @Override
    public String toString() {
      return "%d:%s[%d,%d)w%dt%d%s"
          .formatted(id, text, begin, end, word, type, special == 0 ? "" : "s");
    }
  }

  private static Token theirs(ai.djl.huggingface.tokenizers.Encoding e, int i) {
    CharSpan span = e.getCharTokenSpans()[i];
    return new Token(
        e.getTokens()[i],
        e.getIds()[i],
        span == null ? 0 : span.getStart(),
        span == null ? 0 : span.getEnd(),
        e.getWordIds()[i],
        e.getTypeIds()[i],
        e.getSpecialTokenMask()[i]);
  }

  private static Token ours(Encoding e, int i, int[][] codePoints) {
    int[] positions = codePoints[Math.max(0, e.sequence(i))];
    return new Token(
        e.token(i),
        e.id(i),
        positions[e.start(i)],
        positions[e.end(i)],
        e.wordId(i),
        e.typeId(i),
        e.isSpecial(i) ? 1 : 0);
  }

  /// Whether both decode `ids` to the same text.
  void decodesAlike(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    assertThat(ours.decode(ids, skipSpecialTokens)).isEqualTo(rust.decode(wide, skipSpecialTokens));
  }

  Tokenizer ours() {
    return ours;
  }

  private static int[] codePointPositions(String text) {
    int[] positions = new int[text.length() + 1];
    int n = 0;
    for (int i = 0; i < text.length(); i++) {
      positions[i] = n;
      boolean splitsPair =
          Character.isHighSurrogate(text.charAt(i))
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!splitsPair) {
        n++;
      }
    }
    positions[text.length()] = n;
    return positions;
  }

  static String escape(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (c >= 0x20 && c < 0x7f) {
            out.append((char) c);
          } else {
            out.append("\\u{%X}".formatted(c));
          }
        });
    return out.toString();
  }

  @Override
  public void close() {
    rust.close();
  }
}
