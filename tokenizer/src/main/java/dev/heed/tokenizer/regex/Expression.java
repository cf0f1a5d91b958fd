package dev.heed.tokenizer.regex;

import dev.heed.tokenizer.text.TextPattern;
import dev.heed.tokenizer.text.Unicode;

/// A regular expression or a literal text to be searched for; immutable and thread-safe.
///
/// Source: Oniguruma in its Ruby syntax, which the Rust tokenizers use. Differs: matching takes
/// time that is bounded by the text's length, see [Matcher].
public final class Expression implements TextPattern {
  private final String source;
  private final boolean literal;
  private final char[] text;
  private final Program program;

  private Expression(String source, boolean literal) {
    this.source = source;
    this.literal = literal;
    this.text = source.toCharArray();
    this.program = new Program(literal ? "" : source);
  }

  /// A regular expression.
  ///
  /// @throws IllegalArgumentException where it is malformed or has what Heed cannot match
  public static Expression regex(String source) {
    return new Expression(source, false);
  }

  /// The text itself.
  public static Expression literal(String text) {
    return new Expression(text, true);
  }

  /// The expression or the text.
  public String source() {
    return source;
  }

  public boolean isLiteral() {
    return literal;
  }

  @Override
  public void split(char[] chars, int from, int to, Stretches stretches) {
    if (from == to) {
      return;
    }
    int done = literal ? literals(chars, from, to, stretches) : matches(chars, from, to, stretches);
    if (done < to) {
      stretches.stretch(done, to, false);
    }
  }

  private int literals(char[] chars, int from, int to, Stretches stretches) {
    int done = from;
    int last = to - text.length;
    for (int i = from; text.length > 0 && i <= last; ) {
      if (!standsAt(chars, i)) {
        i++;
        continue;
      }
      if (done < i) {
        stretches.stretch(done, i, false);
      }
      done = i + text.length;
      stretches.stretch(i, done, true);
      i = done;
    }
    return done;
  }

  private boolean standsAt(char[] chars, int at) {
    for (int i = 0; i < text.length; i++) {
      if (chars[at + i] != text[i]) {
        return false;
      }
    }
    return true;
  }

  private int matches(char[] chars, int from, int to, Stretches stretches) {
    Matcher matcher = new Matcher(program, chars, from, to);
    int done = from;
    boolean matched = false;
    for (int start = from; start <= to; ) {
      int end = matcher.matchAt(start);
      // An empty match right behind a match does not count.
      if (end >= 0 && !(end == start && matched && done == end)) {
        if (done < start) {
          stretches.stretch(done, start, false);
        }
        stretches.stretch(start, end, true);
        matched = true;
        done = end;
        if (end > start) {
          start = end;
          continue;
        }
      }
      start += start < to ? Character.charCount(Unicode.codePointAt(chars, start, to)) : 1;
    }
    return done;
  }

  @Override
  public String toString() {
    return source;
  }
}
