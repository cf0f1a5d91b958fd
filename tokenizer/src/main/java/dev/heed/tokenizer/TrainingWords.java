package dev.heed.tokenizer;

import dev.heed.tokenizer.TrainingProgress.Phase;
import dev.heed.tokenizer.train.WordCounts;

/// Counts the words of a corpus, text by text, in bounded memory.
final class TrainingWords {
  private static final int MOST_WORDS = 1 << 21;
  private static final int LONGEST_WORD = 512;
  private static final int REPORT_EVERY = 1 << 20;

  private TrainingWords() {}

  /// Takes a word that stands in `chars` from `from` to `to`.
  @FunctionalInterface
  interface Words {
    void word(char[] chars, int from, int to);
  }

  /// Cuts a text into words.
  @FunctionalInterface
  interface Cutter {
    void cut(String text, Words words);
  }

  /// How often each word of `texts` occurs; words that are too long count in pieces.
  static WordCounts count(Iterable<String> texts, Cutter cutter, TrainingProgress progress) {
    WordCounts words = new WordCounts(MOST_WORDS);
    long read = 0;
    long reported = 0;
    for (String text : texts) {
      cutter.cut(text, (chars, from, to) -> add(words, chars, from, to));
      read += text.length();
      if (read - reported >= REPORT_EVERY) {
        reported = read;
        progress.update(Phase.READING, read, 0);
      }
    }
    progress.update(Phase.READING, read, 0);
    return words;
  }

  private static void add(WordCounts words, char[] chars, int begin, int to) {
    int from = begin;
    while (to - from > LONGEST_WORD) {
      int cut = from + LONGEST_WORD;
      if (Character.isLowSurrogate(chars[cut])) {
        cut--;
      }
      words.add(chars, from, cut, 1);
      from = cut;
    }
    words.add(chars, from, to, 1);
  }
}
