package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;

/// WordPiece: the longest token that a word begins with, then the longest continuing token, and so
/// on; a word that does not come out is one unknown token.
///
/// Source: BERT's tokenizer, as in Hugging Face tokenizers' `models/wordpiece`.
public final class WordPiece implements Model {
  private final Vocabulary vocabulary;

  /// Tokens that continue a word, without their prefix.
  private final Vocabulary continuing;

  private final String unknownToken;
  private final String continuingPrefix;
  private final int longestWord;
  private final int unknownId;
  private final WordCache cache = new WordCache();

  /// @param unknownToken stands for a word that does not come out
  /// @param continuingPrefix what a token begins with that continues a word, `##`
  /// @param longestWord words of more code points are unknown
  public WordPiece(
      Vocabulary vocabulary, String unknownToken, String continuingPrefix, int longestWord) {
    this.vocabulary = vocabulary;
    this.unknownToken = unknownToken;
    this.continuingPrefix = continuingPrefix;
    this.longestWord = longestWord;
    this.unknownId = vocabulary.find(unknownToken);
    Vocabulary.Builder builder = new Vocabulary.Builder();
    for (int id = 0; id < vocabulary.idLimit(); id++) {
      String token = vocabulary.token(id);
      if (token != null && token.startsWith(continuingPrefix)) {
        builder.add(token.substring(continuingPrefix.length()), id);
      }
    }
    this.continuing = builder.build();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  public String unknownToken() {
    return unknownToken;
  }

  public String continuingPrefix() {
    return continuingPrefix;
  }

  public int longestWord() {
    return longestWord;
  }

  @Override
  public void tokenize(AlignedText word, int index, TokenBuffer tokens) {
    cache.tokenize(word, index, tokens, Vocabulary.ABSENT, this::cut);
  }

  private WordCache.Entry cut(int hash, char[] word) {
    if (Character.codePointCount(word, 0, word.length) > longestWord) {
      return unknown(hash, word);
    }
    int[] ids = new int[word.length];
    int[] starts = new int[word.length];
    int[] ends = new int[word.length];
    int count = 0;
    for (int from = 0; from < word.length; ) {
      long found = (from == 0 ? vocabulary : continuing).findLongest(word, from, word.length);
      if (found == Vocabulary.ABSENT) {
        return unknown(hash, word);
      }
      ids[count] = (int) found;
      starts[count] = from;
      from = (int) (found >>> 32);
      ends[count++] = from;
    }
    return WordCache.entry(hash, word, ids, starts, ends, count);
  }

  private WordCache.Entry unknown(int hash, char[] word) {
    if (unknownId == Vocabulary.ABSENT) {
      throw new IllegalStateException(
          "The unknown token \"%s\" of the tokenizer is not in its vocabulary"
              .formatted(unknownToken));
    }
    return WordCache.entry(
        hash, word, new int[] {unknownId}, new int[] {0}, new int[] {word.length}, 1);
  }
}
