package dev.heed.tokenizer.regex;

import dev.heed.tokenizer.text.Unicode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/// Reads an expression in Oniguruma's Ruby syntax, the one that `tokenizer.json` files are in.
///
/// Differs: back references, conditions, calls of groups and named call-outs are refused, for they
/// cannot be matched in bounded time; ignoring case pairs single characters only.
final class Parser {
  private static final int DEEPEST = 100;
  private static final int LARGEST_REPEAT = 1000;

  private final int[] source;
  private int at;
  private boolean ignoreCase;
  private boolean dotAll;
  private boolean extended;
  private int depth;

  Parser(String expression) {
    source = expression.codePoints().toArray();
  }

  Node parse() {
    Node node = choice();
    if (at < source.length) {
      throw error("an unmatched )");
    }
    return node;
  }

  private IllegalArgumentException error(String found) {
    return new IllegalArgumentException(
        "The expression \"%s\" has %s at position %d, which Heed cannot match"
            .formatted(shortened(), found, at));
  }

  private String shortened() {
    String text = new String(source, 0, source.length);
    return text.length() <= 120 ? text : text.substring(0, 120) + "…";
  }

  private boolean more() {
    return at < source.length;
  }

  private boolean accept(int c) {
    if (at < source.length && source[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private boolean accept(String text) {
    if (at + text.length() > source.length) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (source[at + i] != text.charAt(i)) {
        return false;
      }
    }
    at += text.length();
    return true;
  }

  private int next() {
    if (at >= source.length) {
      throw error("an early end");
    }
    return source[at++];
  }

  private Node choice() {
    if (++depth > DEEPEST) {
      throw error("more than " + DEEPEST + " nested groups");
    }
    boolean ignoreCaseBefore = ignoreCase;
    boolean dotAllBefore = dotAll;
    boolean extendedBefore = extended;
    List<Node> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (accept('|'));
    ignoreCase = ignoreCaseBefore;
    dotAll = dotAllBefore;
    extended = extendedBefore;
    depth--;
    return options.size() == 1 ? options.get(0) : new Node.Choice(options);
  }

  private Node sequence() {
    List<Node> parts = new ArrayList<>();
    while (more() && source[at] != '|' && source[at] != ')') {
      if (extended && skipExtended()) {
        continue;
      }
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.get(0) : new Node.Sequence(parts);
  }

  private boolean skipExtended() {
    if (Unicode.isWhitespace(source[at])) {
      at++;
      return true;
    }
    if (source[at] == '#') {
      while (more() && source[at] != '\n') {
        at++;
      }
      return true;
    }
    return false;
  }

  /// The rest of the group under options switched inside it: `a(?i)b|c` is `a(?i:b|c)`.
  private Node choiceInScope() {
    List<Node> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (accept('|'));
    return options.size() == 1 ? options.get(0) : new Node.Choice(options);
  }

  private Node quantified(Node atom) {
    while (more()) {
      int min;
      int max;
      boolean braces = false;
      int start = at;
      if (accept('*')) {
        min = 0;
        max = -1;
      } else if (accept('+')) {
        min = 1;
        max = -1;
      } else if (accept('?')) {
        min = 0;
        max = 1;
      } else if (source[at] == '{') {
        int[] bounds = bounds();
        if (bounds.length == 0) {
          at = start;
          return atom;
        }
        min = bounds[0];
        max = bounds[1];
        braces = true;
      } else {
        return atom;
      }
      if (accept('?')) {
        atom = new Node.Repeat(atom, min, max, false);
      } else if (!braces && accept('+')) {
        atom = new Node.Atomic(new Node.Repeat(atom, min, max, true));
      } else {
        atom = new Node.Repeat(atom, min, max, true);
      }
    }
    return atom;
  }

  /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; nothing where the brace is a brace.
  private int[] bounds() {
    at++;
    int min = number();
    int max = min;
    if (accept(',')) {
      max = number();
      if (min < 0 && max < 0) {
        return new int[0];
      }
      min = Math.max(min, 0);
    } else if (min < 0) {
      return new int[0];
    }
    if (!accept('}')) {
      return new int[0];
    }
    if (max >= 0 && max < min || min > LARGEST_REPEAT || max > LARGEST_REPEAT) {
      throw error("a repeat {%d,%d} beyond 0 … %d".formatted(min, max, LARGEST_REPEAT));
    }
    return new int[] {min, max};
  }

  private int number() {
    int begin = at;
    int value = 0;
    while (more() && source[at] >= '0' && source[at] <= '9') {
      value = Math.min(100_000, value * 10 + (source[at++] - '0'));
    }
    return at == begin ? -1 : value;
  }

  private Node atom() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> set(bracket());
      case '.' -> {
        boolean all = dotAll;
        yield new Node.Set(CharacterClass.of(x -> all || x != '\n'));
      }
      case '^' -> new Node.Anchor(Node.Anchor.Kind.LINE_START);
      case '$' -> new Node.Anchor(Node.Anchor.Kind.LINE_END);
      case '\\' -> escape();
      case '*', '+', '?' -> throw error("a repeat of nothing");
      default -> literal(c);
    };
  }

  private Node literal(int c) {
    return set(anyCase(x -> x == c));
  }

  private static Node set(IntPredicate set) {
    return new Node.Set(CharacterClass.of(set));
  }

  private IntPredicate anyCase(IntPredicate set) {
    return ignoreCase ? CharacterClass.ignoringCase(set) : set;
  }

  private Node group() {
    Node body;
    if (!accept('?')) {
      body = choice();
    } else if (accept(':')) {
      body = choice();
    } else if (accept('=')) {
      body = new Node.Look(choice(), false, false);
    } else if (accept('!')) {
      body = new Node.Look(choice(), false, true);
    } else if (accept("<=")) {
      body = new Node.Look(choice(), true, false);
    } else if (accept("<!")) {
      body = new Node.Look(choice(), true, true);
    } else if (accept('>')) {
      body = new Node.Atomic(choice());
    } else if (accept('#')) {
      while (next() != ')') {
        continue;
      }
      return new Node.Sequence(List.of());
    } else if (accept('<') || accept('\'')) {
      int close = source[at - 1] == '<' ? '>' : '\'';
      while (next() != close) {
        continue;
      }
      body = choice();
    } else {
      return options();
    }
    close();
    return body;
  }

  private void close() {
    if (!accept(')')) {
      throw error("a group that is not closed");
    }
  }

  /// `(?imx-imx:…)` and `(?imx-imx)`.
  private Node options() {
    boolean ignoreCaseBefore = ignoreCase;
    boolean dotAllBefore = dotAll;
    boolean extendedBefore = extended;
    boolean on = true;
    for (int c = next(); c != ':' && c != ')'; c = next()) {
      switch (c) {
        case '-' -> on = false;
        case 'i' -> ignoreCase = on;
        case 'm', 's' -> dotAll = on;
        case 'x' -> extended = on;
        default -> throw error("the group option " + Character.toString(c));
      }
    }
    Node body;
    if (source[at - 1] == ':') {
      body = choice();
      close();
      ignoreCase = ignoreCaseBefore;
      dotAll = dotAllBefore;
      extended = extendedBefore;
    } else {
      // The options hold up to the end of the group around, alternatives included.
      body = choiceInScope();
    }
    return body;
  }

  private Node escape() {
    int c = next();
    return switch (c) {
      case 'A' -> new Node.Anchor(Node.Anchor.Kind.TEXT_START);
      case 'z' -> new Node.Anchor(Node.Anchor.Kind.TEXT_END);
      case 'Z' -> new Node.Anchor(Node.Anchor.Kind.TEXT_END_OR_LAST_LINE_BREAK);
      case 'b' -> new Node.Anchor(Node.Anchor.Kind.WORD_BOUNDARY);
      case 'B' -> new Node.Anchor(Node.Anchor.Kind.NO_WORD_BOUNDARY);
      case 'R' -> lineBreak();
      case '1',
          '2',
          '3',
          '4',
          '5',
          '6',
          '7',
          '8',
          '9',
          'k',
          'g',
          'G',
          'K',
          'X',
          'y',
          'Y',
          'N',
          'O' ->
          throw error("\\" + Character.toString(c));
      default -> set(escapedSet(c));
    };
  }

  private static Node lineBreak() {
    Node pair =
        new Node.Sequence(List.of(new Node.Set(x -> x == '\r'), new Node.Set(x -> x == '\n')));
    Node single = new Node.Set(x -> x >= 10 && x <= 13 || x == 0x85 || x == 0x2028 || x == 0x2029);
    return new Node.Atomic(new Node.Choice(List.of(pair, single)));
  }

  /// What `\c` stands for, inside brackets or outside.
  private IntPredicate escapedSet(int c) {
    return switch (c) {
      case 's' -> Unicode::isWhitespace;
      case 'S' -> x -> !Unicode.isWhitespace(x);
      case 'w' -> CharacterClass::isWord;
      case 'W' -> x -> !CharacterClass.isWord(x);
      case 'd' -> CharacterClass::isDigit;
      case 'D' -> x -> !CharacterClass.isDigit(x);
      case 'h' -> CharacterClass::isHexDigit;
      case 'H' -> x -> !CharacterClass.isHexDigit(x);
      case 'p', 'P' -> property(c == 'P');
      default -> {
        int value = escapedCharacter(c);
        yield anyCase(x -> x == value);
      }
    };
  }

  private IntPredicate property(boolean negative) {
    if (!accept('{')) {
      throw error("a property without braces");
    }
    boolean not = accept('^') != negative;
    int begin = at;
    while (next() != '}') {
      continue;
    }
    String name = new String(source, begin, at - 1 - begin);
    IntPredicate set = CharacterClass.named(name);
    if (set == null) {
      throw error("the unknown property " + name);
    }
    return not ? set.negate() : set;
  }

  private int escapedCharacter(int c) {
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'f' -> '\f';
      case 'v' -> 0x0b;
      case 'a' -> 7;
      case 'e' -> 0x1b;
      case '0' -> digits(8, 2);
      case 'u' -> digits(16, 4);
      case 'x' -> {
        if (accept('{')) {
          int value = digits(16, 8);
          if (!accept('}')) {
            throw error("a code point that is not closed");
          }
          yield value;
        }
        yield digits(16, 2);
      }
      default -> {
        if (c < 128 && Character.isLetterOrDigit(c)) {
          throw error("\\" + Character.toString(c));
        }
        yield c;
      }
    };
  }

  private int digits(int radix, int most) {
    int value = 0;
    for (int i = 0; i < most && more() && Character.digit(source[at], radix) >= 0; i++) {
      value = value * radix + Character.digit(source[at++], radix);
    }
    return value;
  }

  /// The set of `[…]`, whose opening bracket has been read.
  private IntPredicate bracket() {
    if (++depth > DEEPEST) {
      throw error("more than " + DEEPEST + " nested sets");
    }
    boolean negative = accept('^');
    List<IntPredicate> parts = new ArrayList<>();
    IntPredicate result = null;
    boolean first = true;
    while (true) {
      int c = next();
      if (c == ']' && !first) {
        break;
      }
      first = false;
      if (c == '&' && accept('&')) {
        IntPredicate left = CharacterClass.anyOf(parts);
        result = result == null ? left : result.and(left);
        parts = new ArrayList<>();
      } else if (c == '[') {
        parts.add(accept(':') ? posix() : bracket());
      } else if (c == '\\' && isSetEscape()) {
        parts.add(escapedSet(next()));
      } else {
        parts.add(range(c));
      }
    }
    IntPredicate last = CharacterClass.anyOf(parts);
    IntPredicate all = anyCase(result == null ? last : result.and(last));
    depth--;
    return negative ? all.negate() : all;
  }

  private boolean isSetEscape() {
    return more() && "sSwWdDhHpP".indexOf(source[at]) >= 0;
  }

  private IntPredicate posix() {
    boolean negative = accept('^');
    int begin = at;
    while (next() != ':') {
      continue;
    }
    String name = new String(source, begin, at - 1 - begin);
    IntPredicate set = CharacterClass.named(name);
    if (set == null || !accept(']')) {
      throw error("the unknown class [:" + name + ":]");
    }
    return negative ? set.negate() : set;
  }

  /// A character or a range that begins with `c`.
  private IntPredicate range(int c) {
    int begin = c == '\\' ? bracketEscape() : c;
    boolean range =
        at + 1 < source.length
            && source[at] == '-'
            && source[at + 1] != ']'
            && source[at + 1] != '['
            && !(source[at + 1] == '\\'
                && at + 2 < source.length
                && "sSwWdDhHpP".indexOf(source[at + 2]) >= 0);
    if (!range) {
      return x -> x == begin;
    }
    at++;
    int last = next();
    int end = last == '\\' ? bracketEscape() : last;
    if (end < begin) {
      throw error("an empty range");
    }
    return x -> x >= begin && x <= end;
  }

  private int bracketEscape() {
    int c = next();
    return c == 'b' ? 8 : escapedCharacter(c);
  }
}
