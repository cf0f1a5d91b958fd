package dev.heed.tokenizer.split;

/// A published pre-tokenization expression as a hand-written scanner: one pass, no backtracking, so
/// that time is linear for any input. Every position belongs to a word.
@FunctionalInterface
public interface WordScanner {
  /// Where the word ends that begins at `from`; `from < to`, and nothing beyond `to` is looked at.
  int wordEnd(char[] text, int from, int to);
}
