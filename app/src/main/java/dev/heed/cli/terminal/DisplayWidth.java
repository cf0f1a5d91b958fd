package dev.heed.cli.terminal;

/// How many columns of a terminal a text takes, and texts made to take a given number.
///
/// Source: the East Asian Wide and Fullwidth ranges of Unicode's annex 11, coarsened to blocks.
/// Differs: sequences that a terminal may join (flags, families) count each part; too wide a count
/// leaves a gap, too narrow a one would break the line.
final class DisplayWidth {
  private static final int[][] WIDE = {
    {0x1100, 0x115F}, // Hangul Jamo
    {0x231A, 0x231B},
    {0x23E9, 0x23F3},
    {0x25FD, 0x25FE},
    {0x2614, 0x2615},
    {0x2648, 0x2653},
    {0x26AA, 0x26AB},
    {0x26BD, 0x26BE},
    {0x26C4, 0x26C5},
    {0x2705, 0x2705},
    {0x270A, 0x270B},
    {0x2728, 0x2728},
    {0x274C, 0x274E},
    {0x2753, 0x2757},
    {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},
    {0x2B50, 0x2B55},
    {0x2E80, 0x303E}, // CJK radicals, ideographic punctuation
    {0x3041, 0x33FF}, // Kana, Bopomofo, compatibility Jamo, CJK compatibility
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, // Yi
    {0xA960, 0xA97F},
    {0xAC00, 0xD7A3}, // Hangul syllables
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18DFF}, // Tangut, Khitan
    {0x1AFF0, 0x1B2FF}, // Kana extensions
    {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F19A},
    {0x1F200, 0x1F64F}, // enclosed ideographs, pictographs, emoticons
    {0x1F680, 0x1F6FF},
    {0x1F7E0, 0x1F7EB},
    {0x1F90C, 0x1F9FF},
    {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
  };

  private DisplayWidth() {}

  /// The columns that `text` takes. Control characters take none: see [#visible].
  static int of(String text) {
    return text.codePoints().map(DisplayWidth::of).sum();
  }

  /// The columns that one code point takes: 0, 1 or 2.
  static int of(int codePoint) {
    int type = Character.getType(codePoint);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT
        || type == Character.CONTROL) {
      return 0;
    }
    for (int[] range : WIDE) {
      if (codePoint < range[0]) {
        return 1;
      }
      if (codePoint <= range[1]) {
        return 2;
      }
    }
    return 1;
  }

  /// `text` with what would move the cursor or change its colour made harmless: a line end shows as
  /// `⏎`, a tab as `⇥`, any other control or direction character as `·`.
  static String visible(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\n', '\r', 0x2028, 0x2029 -> shown.append('⏎');
            case '\t' -> shown.append('⇥');
            case 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069 ->
                shown.append('·');
            default -> {
              if (Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE) {
                shown.append('·');
              } else {
                shown.appendCodePoint(c);
              }
            }
          }
        });
    return shown.toString();
  }

  /// `text` cut to at most `columns`; an ellipsis marks the cut.
  static String cut(String text, int columns) {
    if (of(text) <= columns) {
      return text;
    }
    StringBuilder kept = new StringBuilder();
    int used = 0;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      if (used + of(c) > columns - 1) {
        break;
      }
      used += of(c);
      kept.appendCodePoint(c);
    }
    return columns > 0 ? kept.append('…').toString() : "";
  }

  /// `text` cut or filled with blanks on the right to exactly `columns`.
  static String left(String text, int columns) {
    String kept = cut(text, columns);
    return kept + " ".repeat(columns - of(kept));
  }

  /// `text` cut or filled with blanks on the left to exactly `columns`.
  static String right(String text, int columns) {
    String kept = cut(text, columns);
    return " ".repeat(columns - of(kept)) + kept;
  }
}
