package dev.heed.tokenizer.text;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A piece of text on its way through normalisation, which knows for every character the span of
/// the original text that it came from.
///
/// Immutable: an operation returns a new text, a slice shares the characters. Positions are UTF-16
/// units. All units of one normalised character have the same original span, so that a token which
/// covers part of a character points at the whole one.
///
/// Source: `NormalizedString` of Hugging Face tokenizers, whose alignment rules this follows.
public final class AlignedText {
  private final char[] chars;
  private final int from;
  private final int to;

  /// Original span of each unit of `chars`; null where the text is the original itself.
  private final int @Nullable [] starts;

  private final int @Nullable [] ends;
  private final int originalFrom;
  private final int originalTo;

  private AlignedText(
      char[] chars,
      int from,
      int to,
      int @Nullable [] starts,
      int @Nullable [] ends,
      int originalFrom,
      int originalTo) {
    this.chars = chars;
    this.from = from;
    this.to = to;
    this.starts = starts;
    this.ends = ends;
    this.originalFrom = originalFrom;
    this.originalTo = originalTo;
  }

  /// The original text itself, before any change.
  public static AlignedText of(String original) {
    char[] chars = original.toCharArray();
    return new AlignedText(chars, 0, chars.length, null, null, 0, chars.length);
  }

  /// The array that holds the text from [#from()] to [#to()]; for reading only.
  public char[] chars() {
    return chars;
  }

  public int from() {
    return from;
  }

  public int to() {
    return to;
  }

  public int length() {
    return to - from;
  }

  public boolean isEmpty() {
    return from == to;
  }

  /// Whether the characters are still the original's, position for position.
  public boolean isOriginal() {
    return starts == null;
  }

  /// Where the piece of the original begins that this text stands for.
  public int originalFrom() {
    return originalFrom;
  }

  /// Where the unit at `index` of [#chars()] begins in the original.
  public int originalStart(int index) {
    if (starts != null) {
      return starts[index];
    }
    boolean second =
        Character.isLowSurrogate(chars[index])
            && index > 0
            && Character.isHighSurrogate(chars[index - 1]);
    return second ? index - 1 : index;
  }

  /// Where the unit at `index` of [#chars()] ends in the original, exclusive.
  public int originalEnd(int index) {
    if (ends != null) {
      return ends[index];
    }
    boolean first =
        Character.isHighSurrogate(chars[index])
            && index + 1 < chars.length
            && Character.isLowSurrogate(chars[index + 1]);
    return first ? index + 2 : index + 1;
  }

  /// The part from `begin` to `end`, positions in [#chars()].
  public AlignedText slice(int begin, int end) {
    if (begin == end) {
      return new AlignedText(chars, begin, end, starts, ends, originalFrom, originalFrom);
    }
    int first = originalStart(begin);
    int last = originalEnd(end - 1);
    return new AlignedText(chars, begin, end, starts, ends, first, last);
  }

  /// Whether the text begins with `prefix`.
  public boolean startsWith(String prefix) {
    if (length() < prefix.length()) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (chars[from + i] != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// The same text with `prefix` before it; what is added points at the first character. An empty
  /// text stays empty.
  public AlignedText prepend(String prefix) {
    if (isEmpty() || prefix.isEmpty()) {
      return this;
    }
    Edit edit = new Edit(length() + prefix.length());
    int first = originalStart(from);
    int last = originalEnd(from);
    for (int i = 0; i < prefix.length(); i++) {
      edit.unit(prefix.charAt(i), first, last);
    }
    edit.copy(this, from, to);
    return edit.text(this);
  }

  /// Only the characters that `keep` holds for.
  public AlignedText filter(IntPredicate keep) {
    Edit edit = null;
    int begin = from;
    for (int i = from; i < to; ) {
      int c = Unicode.codePointAt(chars, i, to);
      int end = i + Character.charCount(c);
      if (!keep.test(c)) {
        edit = edit == null ? new Edit(length()) : edit;
        edit.copy(this, begin, i);
        begin = end;
      }
      i = end;
    }
    if (edit == null) {
      return this;
    }
    edit.copy(this, begin, to);
    return edit.text(this);
  }

  /// Writes something else for single characters.
  @FunctionalInterface
  public interface Replacement {
    /// What stands for the code point, or null where it stays as it is.
    @Nullable String of(int codePoint);
  }

  /// Every character by what stands for it; what is added points at the same character.
  public AlignedText mapEach(Replacement replacement) {
    Edit edit = null;
    int begin = from;
    for (int i = from; i < to; ) {
      int c = Unicode.codePointAt(chars, i, to);
      int end = i + Character.charCount(c);
      String other = replacement.of(c);
      if (other != null) {
        edit = edit == null ? new Edit(length() + 16) : edit;
        edit.copy(this, begin, i);
        for (int k = 0; k < other.length(); k++) {
          edit.unit(other.charAt(k), originalStart(i), originalEnd(i));
        }
        begin = end;
      }
      i = end;
    }
    if (edit == null) {
      return this;
    }
    edit.copy(this, begin, to);
    return edit.text(this);
  }

  /// `content` for every match of `pattern`; it points at the last character that it replaces.
  public AlignedText replace(TextPattern pattern, String content) {
    Edit edit = new Edit(length() + 16);
    boolean[] changed = new boolean[1];
    pattern.split(
        chars,
        from,
        to,
        (begin, end, match) -> {
          if (!match) {
            edit.copy(this, begin, end);
            return;
          }
          changed[0] = true;
          int start = end == from ? originalFrom : originalStart(end - 1);
          int stop = end == from ? originalFrom : originalEnd(end - 1);
          for (int k = 0; k < content.length(); k++) {
            edit.unit(content.charAt(k), start, stop);
          }
        });
    return changed[0] ? edit.text(this) : this;
  }

  /// Without the white space at its ends.
  public AlignedText strip(boolean left, boolean right) {
    int begin = from;
    int end = to;
    while (left && begin < end && Unicode.isWhitespace(chars[begin])) {
      begin++;
    }
    while (right && end > begin && Unicode.isWhitespace(chars[end - 1])) {
      end--;
    }
    return begin == from && end == to
        ? this
        : new AlignedText(chars, begin, end, starts, ends, originalFrom, originalTo);
  }

  /// In a Unicode normalisation form.
  public AlignedText normalize(Normalizer.Form form) {
    return UnicodeNormalization.apply(this, form);
  }

  /// The stand-in characters of the UTF-8 bytes; all of a character's bytes point at it.
  public AlignedText toByteLevel() {
    Edit edit = new Edit(length() + (length() >> 1));
    for (int i = from; i < to; ) {
      int c = Unicode.codePointAt(chars, i, to);
      int start = originalStart(i);
      int stop = originalEnd(i);
      int end = i + Character.charCount(c);
      if (c < 0x80) {
        edit.unit(ByteAlphabet.character(c), start, stop);
      } else {
        for (byte b : Utf8.encode(chars, i, end)) {
          edit.unit(ByteAlphabet.character(b & 0xff), start, stop);
        }
      }
      i = end;
    }
    return edit.text(this);
  }

  /// The text that `rewrite` describes; the first `dropped` characters of this one have no part.
  /// What is added points at the character before the place that the rewriting has reached.
  public AlignedText rewrite(Rewrite rewrite, int dropped) {
    if (isEmpty()) {
      return this;
    }
    Edit edit = new Edit(rewrite.size + 8);
    int at = skip(from, dropped);
    for (int i = 0; i < rewrite.size; i++) {
      int change = rewrite.changes[i];
      int start;
      int end;
      if (change > 0) {
        start = at == from ? originalFrom : originalStart(at - 1);
        end = at == from ? originalFrom : originalEnd(at - 1);
      } else {
        int here = Math.min(at, to - 1);
        start = originalStart(here);
        end = originalEnd(here);
        at = skip(at, 1 - change);
      }
      edit.codePoint(rewrite.codePoints[i], start, end);
    }
    return edit.text(this);
  }

  private int skip(int at, int codePoints) {
    for (int n = 0; n < codePoints && at < to; n++) {
      at += Character.charCount(Unicode.codePointAt(chars, at, to));
    }
    return at;
  }

  @Override
  public String toString() {
    return new String(chars, from, to - from);
  }

  /// Builds the next version of a text from explicit spans, unit by unit.
  public static final class Edit {
    private char[] chars;
    private int[] starts;
    private int[] ends;
    private int length;

    public Edit(int capacity) {
      int size = Math.max(16, capacity);
      chars = new char[size];
      starts = new int[size];
      ends = new int[size];
    }

    private void grow(int needed) {
      if (needed > chars.length) {
        int size = Math.max(needed, chars.length + (chars.length >> 1));
        chars = Arrays.copyOf(chars, size);
        starts = Arrays.copyOf(starts, size);
        ends = Arrays.copyOf(ends, size);
      }
    }

    public int length() {
      return length;
    }

    public void unit(char c, int start, int end) {
      grow(length + 1);
      chars[length] = c;
      starts[length] = start;
      ends[length++] = end;
    }

    public void codePoint(int codePoint, int start, int end) {
      if (Character.isBmpCodePoint(codePoint)) {
        unit((char) codePoint, start, end);
      } else {
        unit(Character.highSurrogate(codePoint), start, end);
        unit(Character.lowSurrogate(codePoint), start, end);
      }
    }

    /// Copies units `begin` to `end` of `source` with their spans.
    public void copy(AlignedText source, int begin, int end) {
      grow(length + end - begin);
      for (int i = begin; i < end; i++) {
        chars[length] = source.chars[i];
        starts[length] = source.originalStart(i);
        ends[length++] = source.originalEnd(i);
      }
    }

    /// What was built, standing for the same piece of the original as `source`.
    public AlignedText text(AlignedText source) {
      return new AlignedText(
          chars, 0, length, starts, ends, source.originalFrom, source.originalTo);
    }
  }
}
