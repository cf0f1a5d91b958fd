package dev.heed.tokenizer.text;

/// Something that can be found in a text.
public interface TextPattern {
  /// Told of a stretch of a text.
  @FunctionalInterface
  interface Stretches {
    void stretch(int from, int to, boolean match);
  }

  /// Cuts `chars` from `from` to `to` into matches and what is between them, in order, without
  /// gaps. Nothing is reported for an empty text.
  ///
  /// @throws IllegalStateException where matching takes too long on this text
  void split(char[] chars, int from, int to, Stretches stretches);
}
