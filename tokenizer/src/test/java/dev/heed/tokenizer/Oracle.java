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
    StringBuilder theirs = new StringBuilder();
    StringBuilder mine = new StringBuilder();
    long[] ids = expected.getIds();
    CharSpan[] spans = expected.getCharTokenSpans();
    int[][] codePoints = {codePointPositions(text), codePointPositions(second)};
    for (int i = 0; i < Math.max(ids.length, actual.size()); i++) {
      if (i < ids.length) {
        int begin = spans[i] == null ? 0 : spans[i].getStart();
        int end = spans[i] == null ? 0 : spans[i].getEnd();
        line(
            theirs,
            ids[i],
            expected.getTokens()[i],
            begin,
            end,
            expected.getWordIds()[i],
            expected.getTypeIds()[i],
            expected.getSpecialTokenMask()[i]);
      }
      if (i < actual.size()) {
        line(
            mine,
            actual.id(i),
            actual.token(i),
            codePoints[Math.max(0, actual.sequence(i))][actual.start(i)],
            codePoints[Math.max(0, actual.sequence(i))][actual.end(i)],
            actual.wordId(i),
            actual.typeIds()[i],
            actual.specialTokensMask()[i]);
      }
    }
    return theirs.compareTo(mine) == 0
        ? null
        : "\nexpected " + escape(theirs.toString()) + "\nreceived " + escape(mine.toString());
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

  private static void line(
      StringBuilder out,
      long id,
      String token,
      int begin,
      int end,
      long word,
      long type,
      long special) {
    out.append(id).append(':').append(token).append('[').append(begin).append(',').append(end);
    out.append(")w").append(word).append('t').append(type);
    out.append(special != 0 ? "s " : " ");
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
        .forEach(
            c -> {
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
