package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;

/// Cuts a word, as the pre-tokenizer found it, into tokens of a vocabulary.
public sealed interface Model permits Bpe, WordPiece, Unigram, WordLevel {
  /// The tokens that the model knows.
  Vocabulary vocabulary();

  /// Appends the tokens of `word`, which is the word number `index` of its text, to `tokens`.
  void tokenize(AlignedText word, int index, TokenBuffer tokens);
}
