package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Characters;
import dev.heed.generation.grammar.Expression.Choice;
import dev.heed.generation.grammar.Expression.Reference;
import dev.heed.generation.grammar.Expression.Repeat;
import dev.heed.generation.grammar.Expression.Sequence;
import dev.heed.generation.grammar.Expression.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads GBNF: rules `name ::= alternatives`, with `"text"`, `[a-z]`, `[^a-z]`, `.`, names, groups,
/// `* + ?`, `{m}`, `{m,}`, `{m,n}` and comments after `#`.
///
/// Source: the guide `grammars/README.md` of llama.cpp.
final class GrammarParser {
  private static final int DEEPEST = 200;
  private static final int MOST_TIMES = 1_000_000;

  private final String text;
  private int at;
  private int depth;

  private GrammarParser(String text) {
    this.text = text;
  }

  /// The rules by name, in the text's order.
  static Map<String, Expression> parse(String text) {
    return new GrammarParser(text).rules();
  }

  private Map<String, Expression> rules() {
    Map<String, Expression> rules = new LinkedHashMap<>();
    skip(true);
    while (at < text.length()) {
      String name = name();
      skip(false);
      if (!text.startsWith("::=", at)) {
        throw expected("::=");
      }
      at += 3;
      skip(true);
      if (rules.putIfAbsent(name, choice(false)) != null) {
        throw new GrammarException("grammar: the rule " + name + " is given twice");
      }
      if (at < text.length() && peek() != '\n') {
        throw expected("the end of the rule " + name);
      }
      skip(true);
    }
    return rules;
  }

  /// @param nested whether alternatives may go on in the next line
  private Expression choice(boolean nested) {
    List<Expression> alternatives = new ArrayList<>();
    alternatives.add(sequence(nested));
    while (at < text.length() && peek() == '|') {
      at++;
      skip(true);
      alternatives.add(sequence(nested));
    }
    return alternatives.size() == 1 ? alternatives.getFirst() : new Choice(alternatives);
  }

  private Expression sequence(boolean nested) {
    List<Expression> parts = new ArrayList<>();
    while (at < text.length() && "|)\n".indexOf(peek()) < 0) {
      Expression part = item();
      skip(nested);
      while (at < text.length() && "*+?{".indexOf(peek()) >= 0) {
        part = repeated(part);
        skip(nested);
      }
      parts.add(part);
    }
    return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
  }

  private Expression item() {
    char c = peek();
    switch (c) {
      case '"' -> {
        at++;
        StringBuilder content = new StringBuilder();
        while (at < text.length() && peek() != '"') {
          content.appendCodePoint(character());
        }
        expect('"');
        return new Text(content.toString());
      }
      case '[' -> {
        return characters();
      }
      case '.' -> {
        at++;
        return Characters.of().complement();
      }
      case '(' -> {
        at++;
        if (++depth > DEEPEST) {
          throw new GrammarException("grammar: groups must nest at most " + DEEPEST + " deep");
        }
        skip(true);
        Expression group = choice(true);
        depth--;
        expect(')');
        return group;
      }
      case '<', '!' -> throw error("tokens (<…>) are not supported");
      default -> {
        return new Reference(name());
      }
    }
  }

  private Expression characters() {
    at++;
    boolean not = at < text.length() && peek() == '^';
    if (not) {
      at++;
    }
    List<Integer> bounds = new ArrayList<>();
    while (at < text.length() && peek() != ']') {
      int first = character();
      int last = first;
      if (at + 1 < text.length() && peek() == '-' && text.charAt(at + 1) != ']') {
        at++;
        last = character();
      }
      if (last < first) {
        throw error("a range of characters must ascend");
      }
      bounds.add(first);
      bounds.add(last);
    }
    expect(']');
    Characters all = Characters.of(bounds.stream().mapToInt(Integer::intValue).toArray());
    return not ? all.complement() : all;
  }

  private int character() {
    int c = text.codePointAt(at);
    if (c != '\\') {
      at += Character.charCount(c);
      return c;
    }
    if (at + 1 >= text.length()) {
      throw expected("a character after \\");
    }
    char escaped = text.charAt(at + 1);
    at += 2;
    return switch (escaped) {
      case 'x' -> hexadecimal(2);
      case 'u' -> hexadecimal(4);
      case 'U' -> hexadecimal(8);
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'n' -> '\n';
      case '\\', '"', '[', ']', '-', '^' -> escaped;
      default -> {
        at -= 2;
        throw error("unknown escape \\" + escaped);
      }
    };
  }

  private int hexadecimal(int digits) {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
      if (digit < 0) {
        throw expected(digits + " hexadecimal digits");
      }
      value = value * 16 + digit;
      at++;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw error("a character must be at most U+10FFFF");
    }
    return (int) value;
  }

  private Expression repeated(Expression part) {
    char sign = peek();
    at++;
    switch (sign) {
      case '*':
        return new Repeat(part, 0, Repeat.UNBOUNDED);
      case '+':
        return new Repeat(part, 1, Repeat.UNBOUNDED);
      case '?':
        return new Repeat(part, 0, 1);
      default:
        break;
    }
    blanks();
    int least = at < text.length() && peek() == ',' ? 0 : count();
    int most = least;
    blanks();
    if (at < text.length() && peek() == ',') {
      at++;
      blanks();
      most = at < text.length() && peek() == '}' ? Repeat.UNBOUNDED : count();
      blanks();
    }
    expect('}');
    if (most < least) {
      throw error("{m,n} must have m ≤ n");
    }
    return new Repeat(part, least, most);
  }

  private int count() {
    int start = at;
    long value = 0;
    while (at < text.length() && peek() >= '0' && peek() <= '9' && value <= MOST_TIMES) {
      value = value * 10 + (peek() - '0');
      at++;
    }
    if (at == start) {
      throw expected("a number");
    }
    if (value > MOST_TIMES) {
      throw error("a repetition must be at most " + MOST_TIMES + " times");
    }
    return (int) value;
  }

  private String name() {
    int start = at;
    while (at < text.length()
        && (peek() == '-' || peek() == '_' || peek() < 128 && Character.isLetterOrDigit(peek()))) {
      at++;
    }
    if (at == start) {
      throw expected("the name of a rule");
    }
    return text.substring(start, at);
  }

  private void blanks() {
    while (at < text.length() && (peek() == ' ' || peek() == '\t')) {
      at++;
    }
  }

  /// Passes over blanks and comments, and over the ends of lines where those do not matter.
  private void skip(boolean lines) {
    while (at < text.length()) {
      char c = peek();
      if (c == '#') {
        while (at < text.length() && peek() != '\n') {
          at++;
        }
      } else if (c == ' ' || c == '\t' || c == '\r' || lines && c == '\n') {
        at++;
      } else {
        return;
      }
    }
  }

  private char peek() {
    return text.charAt(at);
  }

  private void expect(char c) {
    if (at >= text.length() || peek() != c) {
      throw expected(String.valueOf(c));
    }
    at++;
  }

  private GrammarException expected(String what) {
    String found =
        at >= text.length()
            ? "the end"
            : peek() == '\n'
                ? "the end of the line"
                : "\"" + Character.toString(text.codePointAt(at)) + "\"";
    return error("expected " + what + ", found " + found);
  }

  private GrammarException error(String what) {
    int line =
        1
            + (int)
                text.substring(0, Math.min(at, text.length()))
                    .chars()
                    .filter(c -> c == '\n')
                    .count();
    return new GrammarException("grammar, line " + line + ": " + what);
  }
}
