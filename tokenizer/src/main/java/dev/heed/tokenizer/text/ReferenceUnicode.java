package dev.heed.tokenizer.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Unicode as the libraries see it that the Rust tokenizers are built on, where that is older than
/// the JDK: punctuation, marks and controls are those of Unicode 8, normalisation that of Unicode
/// 9. Characters assigned later belong to no category and have no decomposition.
///
/// Source: the crates `unicode_categories` 0.1.1 and `unicode-normalization-alignments` 0.1.12.
public final class ReferenceUnicode {
  private static final int LIMIT = 0x110000;

  private static final byte UNICODE_8 = 1;
  private static final byte UNICODE_9 = 2;

  /// Apart, because most texts never ask.
  private static final class Tables {
    /// Which version assigned each code point; 0 for later ones.
    static final byte[] VERSION = new byte[LIMIT];

    static final Map<Integer, Integer> COMBINING_CLASSES = new HashMap<>();
    static final Map<Long, Integer> COMPOSITIONS = new HashMap<>();

    static {
      try (InputStream in = ReferenceUnicode.class.getResourceAsStream("reference-unicode.txt");
          BufferedReader lines =
              new BufferedReader(
                  new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.startsWith("#")) {
            read(line.split(" "));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void read(String[] items) {
      String kind = items[0];
      for (int i = 1; i < items.length; i++) {
        if (kind.equals("compose")) {
          String[] pair = items[i].split("[+=]");
          COMPOSITIONS.put(key(hex(pair[0]), hex(pair[1])), hex(pair[2]));
          continue;
        }
        String[] range = items[i].split("-");
        int from = hex(range[0]);
        int to = hex(range[range.length - 1]);
        if (kind.startsWith("class")) {
          int value = Integer.parseInt(kind.substring("class".length()));
          for (int c = from; c <= to; c++) {
            COMBINING_CLASSES.put(c, value);
          }
        } else {
          byte version = kind.equals("assigned8") ? UNICODE_8 : UNICODE_9;
          Arrays.fill(VERSION, from, to + 1, version);
        }
      }
    }

    private static int hex(String digits) {
      return Integer.parseInt(digits, 16);
    }
  }

  private ReferenceUnicode() {}

  private static long key(int first, int second) {
    return (long) first << 32 | second;
  }

  private static boolean in8(int c) {
    return Tables.VERSION[c] == UNICODE_8;
  }

  /// Whether Unicode 9 knows the character.
  static boolean in9(int c) {
    return Tables.VERSION[c] != 0;
  }

  /// ASCII punctuation, symbols included, and Unicode's category P.
  public static boolean isPunctuation(int c) {
    if (c < 128) {
      return c >= '!' && c <= '/'
          || c >= ':' && c <= '@'
          || c >= '[' && c <= '`'
          || c >= '{' && c <= '~';
    }
    return Unicode.isPunctuation(c) && in8(c) || c == 0x166d || c == 0x111c9;
  }

  /// Category Mn.
  public static boolean isNonSpacingMark(int c) {
    if (c < 0x300) {
      return false;
    }
    return switch (c) {
      case 0x1734, 0x1171e -> true;
      case 0x1885, 0x1886, 0xa9bd, 0x111c9 -> false;
      default -> Unicode.category(c) == Character.NON_SPACING_MARK && in8(c);
    };
  }

  /// Category M.
  public static boolean isCombiningMark(int c) {
    if (c < 0x300) {
      return false;
    }
    return switch (c) {
      case 0x1cf2, 0x1cf3 -> true;
      case 0x111c9 -> false;
      default -> Unicode.isMark(c) && in9(c);
    };
  }

  /// Categories Cc, Cf and Co.
  public static boolean isOther(int c) {
    if (c < 128) {
      return c < ' ' || c == 127;
    }
    int category = Unicode.category(c);
    return category == Character.CONTROL
        || (category == Character.FORMAT || category == Character.PRIVATE_USE) && in8(c);
  }

  /// The canonical combining class.
  static int combiningClass(int c) {
    return c < 0x300 ? 0 : Tables.COMBINING_CLASSES.getOrDefault(c, 0);
  }

  /// The character that the two compose to, or -1.
  static int compose(int first, int second) {
    if (second < 0x300) {
      return -1;
    }
    if (first >= 0x1100 && first <= 0x1112 && second >= 0x1161 && second <= 0x1175) {
      return 0xac00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
    }
    if (first >= 0xac00 && first <= 0xd7a3 && second > 0x11a7 && second <= 0x11c2) {
      return (first - 0xac00) % 28 == 0 ? first + (second - 0x11a7) : -1;
    }
    return Tables.COMPOSITIONS.getOrDefault(key(first, second), -1);
  }
}
