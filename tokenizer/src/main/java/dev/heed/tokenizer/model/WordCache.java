package dev.heed.tokenizer.model;

import org.jspecify.annotations.Nullable;

/// Words that were cut before, with their tokens: bounded, shared by all threads, without locks.
///
/// Entries are immutable and every write replaces one reference, so that a race costs a lookup and
/// never a wrong answer. A new entry pushes the one in its place to the neighbouring place.
public final class WordCache {
  private static final int SLOTS = 1 << 15;

  /// Longer words are rare and would make the bound on memory meaningless.
  public static final int LONGEST_WORD = 64;

  /// A word and its tokens; spans are relative to the word's beginning.
  public static final class Entry {
    private final int hash;
    private final char[] word;
    final int[] ids;
    final int[] starts;
    final int[] ends;

    Entry(int hash, char[] word, int[] ids, int[] starts, int[] ends) {
      this.hash = hash;
      this.word = word;
      this.ids = ids;
      this.starts = starts;
      this.ends = ends;
    }

    private boolean is(int hash, char[] text, int from, int to) {
      if (this.hash != hash || word.length != to - from) {
        return false;
      }
      for (int i = 0; i < word.length; i++) {
        if (word[i] != text[from + i]) {
          return false;
        }
      }
      return true;
    }
  }

  private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

  static int hash(char[] text, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = h * 31 + text[i];
    }
    h *= 0x9E3779B1;
    return h ^ h >>> 15;
  }

  @Nullable Entry find(int hash, char[] text, int from, int to) {
    int slot = hash & SLOTS - 1;
    Entry entry = slots[slot];
    if (entry != null && entry.is(hash, text, from, to)) {
      return entry;
    }
    entry = slots[slot ^ 1];
    return entry != null && entry.is(hash, text, from, to) ? entry : null;
  }

  void put(Entry entry) {
    int slot = entry.hash & SLOTS - 1;
    slots[slot ^ 1] = slots[slot];
    slots[slot] = entry;
  }
}
