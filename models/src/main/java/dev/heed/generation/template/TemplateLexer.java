package dev.heed.generation.template;

import java.util.ArrayList;
import java.util.List;

/// Cuts a template into text and tags, and tags into words.
///
/// Source: Jinja 3 with `trim_blocks` and `lstrip_blocks`, as transformers sets it.
final class TemplateLexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")",
          "[", "]", "{", "}", ",", ".", ":", "|");

  /// What a word is.
  enum Kind {
    TEXT,
    /// `{%` and `{{` begin what [#END] ends.
    BLOCK,
    PRINT,
    END,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    /// The template is over.
    EOF
  }

  record Word(Kind kind, String text, int at) {}

  private final String source;
  private final List<Word> words = new ArrayList<>();
  private int at;

  private TemplateLexer(String source) {
    this.source = source;
  }

  static List<Word> words(String template) {
    String source = template.replace("\r\n", "\n");
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    TemplateLexer lexer = new TemplateLexer(source);
    lexer.run();
    lexer.words.add(new Word(Kind.EOF, "", source.length()));
    return lexer.words;
  }

  private void run() {
    boolean stripNext = false;
    boolean trimNewline = false;
    while (at < source.length()) {
      int open = nextTag();
      String text = source.substring(at, open);
      if (stripNext) {
        text = text.stripLeading();
      } else if (trimNewline && text.startsWith("\n")) {
        text = text.substring(1);
      }
      if (open == source.length()) {
        add(Kind.TEXT, text);
        return;
      }
      char kind = source.charAt(open + 1);
      char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      if (sign == '-') {
        text = text.stripTrailing();
      } else if (kind != '{' && sign != '+') {
        text = withoutIndent(text, open);
      }
      add(Kind.TEXT, text);
      at = open + 2 + (sign == '-' || sign == '+' ? 1 : 0);
      int end = kind == '#' ? comment() : tag(kind);
      stripNext = source.charAt(end - 1) == '-';
      trimNewline = kind != '{' && source.charAt(end - 1) != '+';
      at = end + 2;
    }
  }

  /// Blanks before a block at the beginning of its line go.
  private String withoutIndent(String text, int open) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
      end--;
    }
    int before = open - (text.length() - end);
    boolean lineStart =
        end > 0 ? text.charAt(end - 1) == '\n' : before == 0 || source.charAt(before - 1) == '\n';
    return lineStart ? text.substring(0, end) : text;
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      char next = source.charAt(i + 1);
      if (source.charAt(i) == '{' && (next == '%' || next == '{' || next == '#')) {
        return i;
      }
    }
    return source.length();
  }

  private int comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw wrong("a comment has no end");
    }
    return end;
  }

  /// Takes the words of a tag and gives where its end begins.
  private int tag(char kind) {
    add(kind == '{' ? Kind.PRINT : Kind.BLOCK, "");
    String end = kind == '{' ? "}}" : "%}";
    int braces = 0;
    while (true) {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        at++;
      }
      if (at >= source.length()) {
        throw wrong("a tag has no end");
      }
      int sign = source.charAt(at) == '-' || source.charAt(at) == '+' ? 1 : 0;
      if (braces == 0 && source.startsWith(end, at + sign)) {
        words.add(new Word(Kind.END, "", at));
        return at + sign;
      }
      int before = at;
      Word word = word();
      if (word.text.equals("{") && word.kind == Kind.OPERATOR) {
        braces++;
      } else if (word.text.equals("}") && word.kind == Kind.OPERATOR) {
        braces = Math.max(0, braces - 1);
      }
      words.add(new Word(word.kind, word.text, before));
    }
  }

  private Word word() {
    char first = source.charAt(at);
    if (Character.isLetter(first) || first == '_') {
      int from = at;
      while (at < source.length()
          && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
        at++;
      }
      return new Word(Kind.NAME, source.substring(from, at), from);
    }
    if (first >= '0' && first <= '9') {
      return number();
    }
    if (first == '\'' || first == '"') {
      return string(first);
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        at += operator.length();
        return new Word(Kind.OPERATOR, operator, at);
      }
    }
    throw wrong("unexpected " + first);
  }

  private Word number() {
    int from = at;
    while (at < source.length() && Character.isDigit(source.charAt(at))) {
      at++;
    }
    if (at + 1 < source.length()
        && source.charAt(at) == '.'
        && Character.isDigit(source.charAt(at + 1))) {
      at++;
      while (at < source.length() && Character.isDigit(source.charAt(at))) {
        at++;
      }
    }
    return new Word(Kind.NUMBER, source.substring(from, at), from);
  }

  private Word string(char quote) {
    int from = at++;
    StringBuilder text = new StringBuilder();
    while (at < source.length() && source.charAt(at) != quote) {
      char next = source.charAt(at++);
      if (next != '\\' || at == source.length()) {
        text.append(next);
        continue;
      }
      char escaped = source.charAt(at++);
      switch (escaped) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case '\\', '\'', '"' -> text.append(escaped);
        case 'u' -> {
          if (at + 4 > source.length()) {
            throw wrong("\\u needs four digits");
          }
          try {
            text.append((char) Integer.parseInt(source, at, at + 4, 16));
          } catch (NumberFormatException e) {
            throw wrong("\\u needs four digits");
          }
          at += 4;
        }
        default -> text.append('\\').append(escaped);
      }
    }
    if (at == source.length()) {
      throw wrong("a text has no end");
    }
    at++;
    return new Word(Kind.STRING, text.toString(), from);
  }

  private void add(Kind kind, String text) {
    if (kind != Kind.TEXT || !text.isEmpty()) {
      words.add(new Word(kind, text, at));
    }
  }

  private TemplateException wrong(String what) {
    return new TemplateException(
        "the chat template is not well-formed at character " + at + ": " + what);
  }
}
