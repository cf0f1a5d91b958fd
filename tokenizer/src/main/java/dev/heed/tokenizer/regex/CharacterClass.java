package dev.heed.tokenizer.regex;

import dev.heed.tokenizer.text.Unicode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A set of code points of an expression; ASCII is answered from a table.
final class CharacterClass implements IntPredicate {
  private final long low;
  private final long high;
  private final IntPredicate beyondAscii;

  private CharacterClass(IntPredicate predicate) {
    long low = 0;
    long high = 0;
    for (int c = 0; c < 64; c++) {
      low |= predicate.test(c) ? 1L << c : 0;
      high |= predicate.test(64 + c) ? 1L << c : 0;
    }
    this.low = low;
    this.high = high;
    this.beyondAscii = predicate;
  }

  static CharacterClass of(IntPredicate predicate) {
    return predicate instanceof CharacterClass known ? known : new CharacterClass(predicate);
  }

  @Override
  public boolean test(int codePoint) {
    if (codePoint < 64) {
      return (low >>> codePoint & 1) != 0;
    }
    return codePoint < 128 ? (high >>> codePoint - 64 & 1) != 0 : beyondAscii.test(codePoint);
  }

  static IntPredicate anyOf(List<IntPredicate> parts) {
    IntPredicate[] all = parts.toArray(IntPredicate[]::new);
    return c -> {
      for (IntPredicate part : all) {
        if (part.test(c)) {
          return true;
        }
      }
      return false;
    };
  }

  /// Whether a character of `set` is `c` but for its case. The dotted capital and the dotless small
  /// i pair with nothing outside Turkish.
  static IntPredicate ignoringCase(IntPredicate set) {
    return c ->
        set.test(c)
            || c != 0x130
                && c != 0x131
                && (set.test(Character.toLowerCase(c))
                    || set.test(Character.toUpperCase(c))
                    || set.test(fold(c))
                    || fold(c) == 's' && set.test(0x17f)
                    || fold(c) == 'k' && set.test(0x212a));
  }

  private static int fold(int c) {
    return Character.toLowerCase(Character.toUpperCase(c));
  }

  /// Oniguruma counts these superscripts and fractions as word characters too.
  static boolean isWord(int c) {
    return c == 0xb2 || c == 0xb3 || c == 0xb9 || c >= 0xbc && c <= 0xbe || isWordProperty(c);
  }

  private static boolean isWordProperty(int c) {
    return Unicode.isWord(c) && c != 0x200c && c != 0x200d;
  }

  static boolean isDigit(int c) {
    return Unicode.category(c) == Character.DECIMAL_DIGIT_NUMBER;
  }

  static boolean isHexDigit(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  private static boolean isGraphic(int c) {
    int category = Unicode.category(c);
    return category != Character.UNASSIGNED
        && category != Character.CONTROL
        && category != Character.SURROGATE
        && category != Character.SPACE_SEPARATOR
        && category != Character.LINE_SEPARATOR
        && category != Character.PARAGRAPH_SEPARATOR;
  }

  private static boolean isSymbol(int c) {
    int category = Unicode.category(c);
    return category >= Character.MATH_SYMBOL && category <= Character.OTHER_SYMBOL;
  }

  private static final Map<String, IntPredicate> NAMED =
      Map.ofEntries(
          Map.entry("alpha", Character::isAlphabetic),
          Map.entry("alphabetic", Character::isAlphabetic),
          Map.entry("digit", CharacterClass::isDigit),
          Map.entry("alnum", c -> Character.isAlphabetic(c) || isDigit(c)),
          Map.entry("upper", Character::isUpperCase),
          Map.entry("uppercase", Character::isUpperCase),
          Map.entry("lower", Character::isLowerCase),
          Map.entry("lowercase", Character::isLowerCase),
          Map.entry("space", Unicode::isWhitespace),
          Map.entry("whitespace", Unicode::isWhitespace),
          Map.entry("blank", c -> c == '\t' || Unicode.category(c) == Character.SPACE_SEPARATOR),
          Map.entry("cntrl", c -> Unicode.category(c) == Character.CONTROL),
          Map.entry("punct", c -> Unicode.isPunctuation(c) || isSymbol(c)),
          Map.entry("graph", CharacterClass::isGraphic),
          Map.entry("print", c -> isGraphic(c) || Unicode.category(c) == Character.SPACE_SEPARATOR),
          Map.entry("xdigit", CharacterClass::isHexDigit),
          Map.entry("word", CharacterClass::isWordProperty),
          Map.entry("ascii", c -> c < 128),
          Map.entry("any", c -> true),
          Map.entry("assigned", c -> Unicode.category(c) != Character.UNASSIGNED));

  private static final String CATEGORIES =
      "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No Zs Zl Zp Cc Cf __ Co Cs Pd Ps Pe Pc Po Sm Sc Sk So"
          + " Pi Pf"; // in the order of Character.getType

  /// A POSIX name, a general category (`L`, `Lu`, `Letter`) or a script (`Han`); null if unknown.
  static @Nullable IntPredicate named(String name) {
    String key = name.replaceAll("[ _-]", "").toLowerCase(Locale.ROOT);
    IntPredicate known = NAMED.get(key);
    if (known != null) {
      return known;
    }
    int categories = categories(LONG_NAMES.getOrDefault(key, key));
    if (categories != 0) {
      return c -> (categories >>> Unicode.category(c) & 1) != 0;
    }
    try {
      Character.UnicodeScript script = Character.UnicodeScript.forName(name);
      return c -> Character.UnicodeScript.of(c) == script;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static final Map<String, String> LONG_NAMES =
      Map.ofEntries(
          Map.entry("letter", "l"),
          Map.entry("uppercaseletter", "lu"),
          Map.entry("lowercaseletter", "ll"),
          Map.entry("titlecaseletter", "lt"),
          Map.entry("modifierletter", "lm"),
          Map.entry("otherletter", "lo"),
          Map.entry("mark", "m"),
          Map.entry("combiningmark", "m"),
          Map.entry("nonspacingmark", "mn"),
          Map.entry("spacingmark", "mc"),
          Map.entry("enclosingmark", "me"),
          Map.entry("number", "n"),
          Map.entry("decimalnumber", "nd"),
          Map.entry("letternumber", "nl"),
          Map.entry("othernumber", "no"),
          Map.entry("punctuation", "p"),
          Map.entry("symbol", "s"),
          Map.entry("mathsymbol", "sm"),
          Map.entry("currencysymbol", "sc"),
          Map.entry("separator", "z"),
          Map.entry("spaceseparator", "zs"),
          Map.entry("other", "c"),
          Map.entry("control", "cc"),
          Map.entry("format", "cf"));

  private static int categories(String key) {
    int bits = 0;
    String[] names = CATEGORIES.split(" ");
    int category = 0;
    for (String name : names) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (key.length() == 1 && lower.startsWith(key) || lower.equals(key)) {
        bits |= 1 << category;
      }
      category++;
    }
    return key.length() <= 2 ? bits : 0;
  }
}
