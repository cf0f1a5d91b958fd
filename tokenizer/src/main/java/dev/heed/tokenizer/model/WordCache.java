package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;
import java.util.Arrays;
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

  /// An entry of the first `count` tokens of the arrays.
  static Entry entry(int hash, char[] word, int[] ids, int[] starts, int[] ends, int count) {
    return new Entry(
        hash,
        word,
        Arrays.copyOf(ids, count),
        Arrays.copyOf(starts, count),
        Arrays.copyOf(ends, count));
  }

  private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

  /// Appends the tokens of `word` from here, or those that `cut` finds, which are then kept.
  void tokenize(AlignedText word, int index, TokenBuffer tokens, int surfaceId, Cutter cut) {
    char[] chars = word.chars();
    int from = word.from();
    int to = word.to();
    Entry entry;
    if (to - from > LONGEST_WORD) {
      entry = cut.cut(0, Arrays.copyOfRange(chars, from, to));
    } else {
      int hash = hash(chars, from, to);
      entry = find(hash, chars, from, to);
      if (entry == null) {
        entry = cut.cut(hash, Arrays.copyOfRange(chars, from, to));
        put(entry);
      }
    }
    for (int i = 0; i < entry.ids.length; i++) {
      int id = entry.ids[i];
      int begin = from + entry.starts[i];
      int end = from + entry.ends[i];
      int start = word.originalStart(begin);
      int stop = word.originalEnd(end - 1);
      if (id == surfaceId) {
        tokens.add(id, start, stop, index, new String(chars, begin, end - begin));
      } else {
        tokens.add(id, start, stop, index);
      }
    }
  }

  /// Cuts a word that is not here yet.
  @FunctionalInterface
  interface Cutter {
    Entry cut(int hash, char[] word);
  }

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
