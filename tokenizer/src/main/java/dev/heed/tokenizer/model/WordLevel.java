package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;

/// Whole words only; any other word is the unknown token.
public final class WordLevel implements Model {
  private final Vocabulary vocabulary;
  private final String unknownToken;
  private final int unknownId;

  public WordLevel(Vocabulary vocabulary, String unknownToken) {
    this.vocabulary = vocabulary;
    this.unknownToken = unknownToken;
    this.unknownId = vocabulary.find(unknownToken);
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  public String unknownToken() {
    return unknownToken;
  }

  @Override
  public void tokenize(AlignedText word, int index, TokenBuffer tokens) {
    int known = vocabulary.find(word.chars(), word.from(), word.to());
    int id = known == Vocabulary.ABSENT ? unknownId : known;
    if (id == Vocabulary.ABSENT) {
      throw new IllegalStateException(
          "The unknown token \"%s\" of the tokenizer is not in its vocabulary"
              .formatted(unknownToken));
    }
    tokens.add(id, word.originalStart(word.from()), word.originalEnd(word.to() - 1), index);
  }
}
