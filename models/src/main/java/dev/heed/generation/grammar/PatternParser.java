package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Characters;
import dev.heed.generation.grammar.Expression.Choice;
import dev.heed.generation.grammar.Expression.Repeat;
import dev.heed.generation.grammar.Expression.Sequence;
import java.util.ArrayList;
import java.util.List;

/// Turns the regular expression of `pattern` into what a JSON string that it is found in may hold.
///
/// Source: regular expressions of ECMA-262, without assertions but `^` and `$` at the ends, back
/// references and `\p`.
final class PatternParser {
  private static final int DEEPEST = 100;
  private static final int MOST_TIMES = 100_000;
  private static final Characters DIGITS = Characters.of('0', '9');
  private static final Characters WORD = Characters.of('0', '9', 'A', 'Z', 'a', 'z', '_', '_');
  private static final Characters LINE_ENDS = Characters.of('\n', '\n', '\r', '\r', 0x2028, 0x2029);
  private static final Characters SPACES =
      Characters.of(
          '\t', '\r', ' ', ' ', 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028,
          0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff);

  private final String pattern;
  private final String place;
  private int at;
  private int depth;

  private PatternParser(String pattern, String place) {
    this.pattern = pattern;
    this.place = place;
  }

  /// @param place where the pattern stands, for messages
  static Expression parse(String pattern, String place) {
    PatternParser parser = new PatternParser(pattern, place);
    Expression anything = Expression.many(JsonText.character());
    List<Expression> alternatives = new ArrayList<>();
    do {
      boolean begins = parser.accept("^");
      Expression inside = parser.sequence();
      boolean ends = parser.accept("$");
      alternatives.add(
          Expression.sequence(
              begins ? Expression.EMPTY : anything, inside, ends ? Expression.EMPTY : anything));
    } while (parser.accept("|"));
    if (parser.at < pattern.length()) {
      throw parser.error("what stands at character " + (parser.at + 1) + " is not supported");
    }
    return new Choice(alternatives);
  }

  private Expression choice() {
    if (++depth > DEEPEST) {
      throw error("groups must nest at most " + DEEPEST + " deep");
    }
    List<Expression> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence());
    } while (accept("|"));
    depth--;
    return new Choice(alternatives);
  }

  private Expression sequence() {
    List<Expression> parts = new ArrayList<>();
    while (at < pattern.length() && "|)$^".indexOf(pattern.charAt(at)) < 0) {
      parts.add(repeated(item()));
    }
    return new Sequence(parts);
  }

  private Expression item() {
    if (accept("(")) {
      if (accept("?") && !accept(":")) {
        throw error("(?… is not supported");
      }
      Expression group = choice();
      require(")");
      return group;
    }
    if (accept("[")) {
      return JsonText.oneOf(set());
    }
    if (accept(".")) {
      return JsonText.oneOf(LINE_ENDS.complement());
    }
    int c = pattern.codePointAt(at);
    if ("*+?{".indexOf(c) >= 0) {
      throw error("there is nothing to repeat before " + Character.toString(c));
    }
    return JsonText.oneOf(one());
  }

  /// A character, or an escape that stands for one or several.
  private Characters one() {
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    if (c != '\\') {
      return Characters.of(c, c);
    }
    if (at >= pattern.length()) {
      throw error("\\ must stand before something");
    }
    char escaped = pattern.charAt(at++);
    return switch (escaped) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> SPACES.and(Characters.of(0, 0x7f));
      case 'S' -> SPACES.complement();
      case 't' -> Characters.of('\t', '\t');
      case 'n' -> Characters.of('\n', '\n');
      case 'r' -> Characters.of('\r', '\r');
      case 'f' -> Characters.of('\f', '\f');
      case 'v' -> Characters.of(0x0b, 0x0b);
      case 'x' -> hexadecimal(2);
      case 'u' -> hexadecimal(4);
      default -> {
        if (Character.isLetterOrDigit(escaped)) {
          throw error("\\" + escaped + " is not supported");
        }
        yield Characters.of(escaped, escaped);
      }
    };
  }

  private Characters hexadecimal(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < pattern.length() ? Character.digit(pattern.charAt(at), 16) : -1;
      if (digit < 0) {
        throw error("expected " + digits + " hexadecimal digits");
      }
      value = value * 16 + digit;
      at++;
    }
    return Characters.of(value, value);
  }

  private Characters set() {
    boolean not = accept("^");
    Characters all = Characters.of();
    while (!accept("]")) {
      if (at >= pattern.length()) {
        throw error("expected ]");
      }
      Characters first = one();
      boolean range =
          at + 1 < pattern.length() && pattern.charAt(at) == '-' && pattern.charAt(at + 1) != ']';
      if (range) {
        at++;
        Characters last = one();
        int from = first.ranges().getFirst();
        int to = last.ranges().getLast();
        if (first.ranges().getLast() != from || last.ranges().getFirst() != to || to < from) {
          throw error("a range must go from one character to a later one");
        }
        all = all.or(Characters.of(from, to));
      } else {
        all = all.or(first);
      }
    }
    return not ? all.complement() : all;
  }

  private Expression repeated(Expression item) {
    int least;
    int most;
    if (accept("*")) {
      least = 0;
      most = Repeat.UNBOUNDED;
    } else if (accept("+")) {
      least = 1;
      most = Repeat.UNBOUNDED;
    } else if (accept("?")) {
      least = 0;
      most = 1;
    } else if (accept("{")) {
      least = number();
      most = least;
      if (accept(",")) {
        most = at < pattern.length() && pattern.charAt(at) == '}' ? Repeat.UNBOUNDED : number();
      }
      require("}");
      if (most < least) {
        throw error("{m,n} must have m ≤ n");
      }
    } else {
      return item;
    }
    accept("?"); // as few as possible: the same texts
    return new Repeat(item, least, most);
  }

  private int number() {
    int value = 0;
    int start = at;
    while (at < pattern.length() && DIGITS.contains(pattern.charAt(at)) && value <= MOST_TIMES) {
      value = value * 10 + pattern.charAt(at++) - '0';
    }
    if (at == start || value > MOST_TIMES) {
      throw error("a repetition must be in 0…" + MOST_TIMES);
    }
    return value;
  }

  private boolean accept(String sign) {
    boolean found = pattern.startsWith(sign, at);
    at += found ? 1 : 0;
    return found;
  }

  private void require(String sign) {
    if (!accept(sign)) {
      throw error("expected " + sign);
    }
  }

  private GrammarException error(String what) {
    return JsonSchema.error(place, "pattern " + pattern + ": " + what);
  }
}
