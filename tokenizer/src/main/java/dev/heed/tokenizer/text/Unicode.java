package dev.heed.tokenizer.text;

import org.jspecify.annotations.Nullable;

/// Unicode properties as the reference tokenizers see them, by table, for any code point.
///
/// `java.util.regex` differs from them in what `\s`, `\w` and `\d` mean and, on other JDKs, in the
/// Unicode version; everything here is defined by the general category and the `White_Space`
/// property instead. The table is filled one page of 256 code points at a time, on first use.
public final class Unicode {
  private static final int SPACE = 0x20;
  private static final int CATEGORY = 0x1f;

  private static final int LETTERS =
      bit(Character.UPPERCASE_LETTER)
          | bit(Character.LOWERCASE_LETTER)
          | bit(Character.TITLECASE_LETTER)
          | bit(Character.MODIFIER_LETTER)
          | bit(Character.OTHER_LETTER);
  private static final int NUMBERS =
      bit(Character.DECIMAL_DIGIT_NUMBER)
          | bit(Character.LETTER_NUMBER)
          | bit(Character.OTHER_NUMBER);
  private static final int MARKS =
      bit(Character.NON_SPACING_MARK)
          | bit(Character.ENCLOSING_MARK)
          | bit(Character.COMBINING_SPACING_MARK);
  private static final int PUNCTUATION =
      bit(Character.CONNECTOR_PUNCTUATION)
          | bit(Character.DASH_PUNCTUATION)
          | bit(Character.START_PUNCTUATION)
          | bit(Character.END_PUNCTUATION)
          | bit(Character.INITIAL_QUOTE_PUNCTUATION)
          | bit(Character.FINAL_QUOTE_PUNCTUATION)
          | bit(Character.OTHER_PUNCTUATION);

  private static final int WORDS =
      LETTERS | MARKS | bit(Character.DECIMAL_DIGIT_NUMBER) | bit(Character.CONNECTOR_PUNCTUATION);

  private static final byte[] @Nullable [] PAGES = new byte[0x1100][];

  private Unicode() {}

  private static int bit(int category) {
    return 1 << category;
  }

  private static byte properties(int codePoint) {
    byte[] page = PAGES[codePoint >>> 8];
    if (page == null) {
      page = loadPage(codePoint >>> 8);
    }
    return page[codePoint & 0xff];
  }

  /// Two threads may both fill a page; they write the same bytes.
  private static byte[] loadPage(int number) {
    byte[] page = new byte[256];
    for (int i = 0; i < 256; i++) {
      int codePoint = number << 8 | i;
      page[i] =
          (byte) (Character.getType(codePoint) | (isWhiteSpaceProperty(codePoint) ? SPACE : 0));
    }
    PAGES[number] = page;
    return page;
  }

  private static boolean isWhiteSpaceProperty(int c) {
    return c >= 9 && c <= 13
        || c == 0x20
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || c >= 0x2000 && c <= 0x200a
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  /// The general category, numbered as `Character.getType` numbers it.
  public static int category(int codePoint) {
    return properties(codePoint) & CATEGORY;
  }

  private static boolean in(int categories, int codePoint) {
    return (categories >>> (properties(codePoint) & CATEGORY) & 1) != 0;
  }

  /// `\p{L}`.
  public static boolean isLetter(int codePoint) {
    return in(LETTERS, codePoint);
  }

  /// `\p{N}`: decimal digits, letter numbers and other numbers.
  public static boolean isNumber(int codePoint) {
    return in(NUMBERS, codePoint);
  }

  /// `\p{M}`.
  public static boolean isMark(int codePoint) {
    return in(MARKS, codePoint);
  }

  /// `\p{P}`.
  public static boolean isPunctuation(int codePoint) {
    return in(PUNCTUATION, codePoint);
  }

  /// `\s`: the `White_Space` property (so U+0085 and U+00A0 are, U+200B and U+FEFF are not).
  public static boolean isWhitespace(int codePoint) {
    return (properties(codePoint) & SPACE) != 0;
  }

  /// `\w` of the Rust `regex` crate: alphabetic characters, marks, decimal digits, connectors such
  /// as `_`, and the two joiners.
  public static boolean isWord(int codePoint) {
    return (WORDS >>> (properties(codePoint) & CATEGORY) & 1) != 0
        || Character.isAlphabetic(codePoint)
        || codePoint == 0x200c
        || codePoint == 0x200d;
  }

  /// The code point at `index`; a lone surrogate counts as U+FFFD, the replacement character.
  public static int codePointAt(char[] text, int index, int to) {
    char c = text[index];
    if (!Character.isSurrogate(c)) {
      return c;
    }
    if (Character.isHighSurrogate(c)
        && index + 1 < to
        && Character.isLowSurrogate(text[index + 1])) {
      return Character.toCodePoint(c, text[index + 1]);
    }
    return 0xfffd;
  }

  /// The code point that ends before `index`; a lone surrogate counts as U+FFFD.
  public static int codePointBefore(char[] text, int from, int index) {
    char c = text[index - 1];
    if (!Character.isSurrogate(c)) {
      return c;
    }
    if (Character.isLowSurrogate(c)
        && index - 2 >= from
        && Character.isHighSurrogate(text[index - 2])) {
      return Character.toCodePoint(text[index - 2], c);
    }
    return 0xfffd;
  }

  /// Bytes that the code point takes in UTF-8.
  public static int utf8Length(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
}
