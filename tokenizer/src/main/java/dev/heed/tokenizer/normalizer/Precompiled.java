package dev.heed.tokenizer.normalizer;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.Rewrite;
import dev.heed.tokenizer.text.Unicode;
import dev.heed.tokenizer.text.Utf8;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The normalisation table that a SentencePiece model carries: a trie over UTF-8 bytes (a Darts
/// double array) and the texts that its entries become.
///
/// Source: `spm_precompiled` 0.1.4 and `normalizers/precompiled.rs` of Hugging Face tokenizers:
/// grapheme clusters of less than six bytes are looked up whole, others character by character, and
/// the shortest entry that begins one counts.
public final class Precompiled implements Normalizer {
  private final byte[] table;
  private final int[] trie;
  private final byte[] texts;

  /// @throws IllegalArgumentException where `table` is damaged
  public Precompiled(byte[] table) {
    this.table = table.clone();
    if (table.length < 4) {
      throw new IllegalArgumentException(
          "A precompiled character map has 4 bytes or more: received " + table.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    long trieBytes = Integer.toUnsignedLong(buffer.getInt()) & ~3L;
    if (trieBytes > buffer.remaining()) {
      throw new IllegalArgumentException(
          "The trie of a precompiled character map says %d bytes: there are %d"
              .formatted(trieBytes, buffer.remaining()));
    }
    trie = new int[(int) (trieBytes / 4)];
    for (int i = 0; i < trie.length; i++) {
      trie[i] = buffer.getInt();
    }
    texts = new byte[buffer.remaining()];
    buffer.get(texts);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "The texts of a precompiled character map are not UTF-8", e);
    }
  }

  /// The table as the file has it.
  public byte[] table() {
    return table.clone();
  }

  @Override
  public AlignedText apply(AlignedText text) {
    if (text.isEmpty() || trie.length == 0) {
      return text;
    }
    char[] chars = text.chars();
    Rewrite rewrite = new Rewrite(text.length() + 8);
    boolean[] modified = new boolean[1];
    BreakIterator graphemes = null;
    for (int from = text.from(); from < text.to(); ) {
      int end;
      if (isAlone(chars, from, text.to())) {
        end = from + 1;
      } else {
        if (graphemes == null) {
          graphemes = BreakIterator.getCharacterInstance(Locale.ROOT);
          graphemes.setText(text.toString());
        }
        end = text.from() + graphemes.following(from - text.from());
      }
      cluster(chars, from, end, rewrite, modified);
      from = end;
    }
    return modified[0] ? text.rewrite(rewrite, 0) : text;
  }

  /// Whether an ASCII character is a grapheme cluster of its own, as before other ASCII.
  private static boolean isAlone(char[] chars, int at, int to) {
    return chars[at] < 128
        && (at + 1 == to || chars[at + 1] < 128 && !(chars[at] == '\r' && chars[at + 1] == '\n'));
  }

  private void cluster(char[] chars, int from, int end, Rewrite rewrite, boolean[] modified) {
    if (Utf8.length(chars, from, end) < 6) {
      String other = lookUp(chars, from, end);
      if (other != null) {
        modified[0] = true;
        replace(rewrite, Character.codePointCount(chars, from, end - from), other);
        return;
      }
    }
    for (int i = from; i < end; ) {
      int c = Unicode.codePointAt(chars, i, end);
      int next = i + Character.charCount(c);
      String other = lookUp(chars, i, next);
      if (other == null) {
        rewrite.add(c, 0);
      } else {
        modified[0] = true;
        replace(rewrite, 1, other);
      }
      i = next;
    }
  }

  /// What is added counts as added; what vanishes is charged to the last character written.
  private static void replace(Rewrite rewrite, int oldCount, String text) {
    int newCount = text.codePointCount(0, text.length());
    for (int i = 0, n = 0; i < text.length(); n++) {
      int c = text.codePointAt(i);
      rewrite.add(c, n < oldCount ? 0 : 1);
      i += Character.charCount(c);
    }
    if (newCount < oldCount && rewrite.size() > 0) {
      int last = rewrite.size() - 1;
      rewrite.change(last, rewrite.change(last) + newCount - oldCount);
    }
  }

  /// The text that the shortest entry becomes which begins `chars` from `from` to `to`.
  private @Nullable String lookUp(char[] chars, int from, int to) {
    int node = offset(trie[0]);
    for (byte b : Utf8.encode(chars, from, to)) {
      int label = b & 0xff;
      if (label == 0) {
        return null;
      }
      node ^= label;
      if (node < 0 || node >= trie.length || (trie[node] & 0x800000ff) != label) {
        return null;
      }
      int unit = trie[node];
      node ^= offset(unit);
      if ((unit >>> 8 & 1) == 1) {
        return node < 0 || node >= trie.length ? null : text(trie[node] & 0x7fffffff);
      }
    }
    return null;
  }

  /// The longest entry that stands in `chars` at `from`, as `end << 32 | entry`, or -1.
  long longest(char[] chars, int from, int to) {
    if (trie.length == 0) {
      return -1;
    }
    long found = -1;
    int node = offset(trie[0]);
    for (int i = from; i < to; ) {
      int next = i + Character.charCount(Unicode.codePointAt(chars, i, to));
      for (byte b : Utf8.encode(chars, i, next)) {
        int label = b & 0xff;
        node ^= label;
        if (label == 0 || node < 0 || node >= trie.length || (trie[node] & 0x800000ff) != label) {
          return found;
        }
        int unit = trie[node];
        node ^= offset(unit);
        if ((unit >>> 8 & 1) == 1 && node >= 0 && node < trie.length) {
          found = (long) next << 32 | trie[node] & 0x7fffffff;
        }
      }
      i = next;
    }
    return found;
  }

  /// The text of an entry that [#longest] found.
  String textOf(int entry) {
    String text = text(entry);
    return text == null ? "" : text;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  private @Nullable String text(int begin) {
    if (begin > texts.length) {
      return null;
    }
    int end = begin;
    while (end < texts.length && texts[end] != 0) {
      end++;
    }
    return new String(texts, begin, end - begin, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Precompiled that && Arrays.equals(table, that.table);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(table);
  }
}
