package dev.heed.tokenizer.split;

import org.jspecify.annotations.Nullable;

/// A published pre-tokenization expression as a hand-written scanner: one pass, no backtracking, so
/// that time is linear for any input. Every position belongs to a word.
@FunctionalInterface
public interface WordScanner {
  /// Where the word ends that begins at `from`; `from < to`, and nothing beyond `to` is looked at.
  int wordEnd(char[] text, int from, int to);

  /// The scanner for a published expression, null for any other.
  static @Nullable WordScanner forExpression(String expression) {
    if (expression.equals(Gpt2Scanner.EXPRESSION)) {
      return new Gpt2Scanner();
    }
    for (int digits : new int[] {1, 3}) {
      if (expression.equals(Cl100kScanner.expression(digits))) {
        return new Cl100kScanner(digits);
      }
    }
    return null;
  }
}
