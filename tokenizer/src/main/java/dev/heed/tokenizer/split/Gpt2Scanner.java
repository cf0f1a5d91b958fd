package dev.heed.tokenizer.split;

import dev.heed.tokenizer.text.Unicode;

/// GPT-2's words: contractions, letters, numbers or other characters with the space before them,
/// white space.
///
/// Source: the expression `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|
/// ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` of GPT-2's encoder.
public final class Gpt2Scanner implements WordScanner {
  /// The expression that this scanner stands for.
  public static final String EXPRESSION =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  static final int LETTER = 1;
  static final int NUMBER = 2;
  static final int OTHER = 3;
  static final int SPACE = 4;

  private static final byte[] ASCII = new byte[128];

  static {
    for (int c = 0; c < 128; c++) {
      ASCII[c] = (byte) classOf(c);
    }
  }

  private static int classOf(int codePoint) {
    return Unicode.isLetter(codePoint)
        ? LETTER
        : Unicode.isNumber(codePoint) ? NUMBER : Unicode.isWhitespace(codePoint) ? SPACE : OTHER;
  }

  /// The class of the character at `i`: letter, number, white space or other.
  static int classAt(char[] text, int i, int to) {
    char c = text[i];
    return c < 128 ? ASCII[c] : classOf(Unicode.codePointAt(text, i, to));
  }

  /// Where the run of characters of class `kind` ends that `i` stands in.
  static int runEnd(char[] text, int i, int to, int kind) {
    while (i < to) {
      char c = text[i];
      if (c < 128) {
        if (ASCII[c] != kind) {
          return i;
        }
        i++;
      } else {
        int codePoint = Unicode.codePointAt(text, i, to);
        if (classOf(codePoint) != kind) {
          return i;
        }
        i += Character.charCount(codePoint);
      }
    }
    return i;
  }

  @Override
  public int wordEnd(char[] text, int from, int to) {
    char c = text[from];
    if (c == '\'') {
      int end = contractionEnd(text, from + 1, to);
      if (end > 0) {
        return end;
      }
    }
    int begin = c == ' ' ? from + 1 : from;
    if (begin < to) {
      int kind = classAt(text, begin, to);
      if (kind != SPACE) {
        return runEnd(text, begin, to, kind);
      }
    }
    return spaceEnd(text, from, to);
  }

  /// `\s+(?!\S)|\s+`: a run of white space leaves its last character to the word that follows.
  static int spaceEnd(char[] text, int from, int to) {
    int end = runEnd(text, from, to, SPACE);
    return end < to && end - from > 1 ? end - 1 : end;
  }

  private static int contractionEnd(char[] text, int i, int to) {
    if (i >= to) {
      return -1;
    }
    char c = text[i];
    if (c == 's' || c == 't' || c == 'm' || c == 'd') {
      return i + 1;
    }
    if (i + 1 < to) {
      char d = text[i + 1];
      if (c == 'r' && d == 'e' || c == 'v' && d == 'e' || c == 'l' && d == 'l') {
        return i + 2;
      }
    }
    return -1;
  }
}
