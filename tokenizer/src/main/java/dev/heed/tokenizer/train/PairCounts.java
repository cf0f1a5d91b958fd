package dev.heed.tokenizer.train;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Pairs of neighbouring symbols, each with how often it occurs and the words that newly have it.
final class PairCounts {
  private long[] keys = new long[1 << 10];
  private long[] counts = new long[1 << 10];
  private @Nullable IntList[] words = new @Nullable IntList[1 << 10];
  private int[] table = new int[1 << 11];
  private int size;

  static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /// The number that stands for the pair from now on.
  int indexOf(long key) {
    if (2 * (size + 1) > table.length) {
      rehash();
    }
    int mask = table.length - 1;
    int slot = slot(key, mask);
    while (table[slot] != 0) {
      if (keys[table[slot] - 1] == key) {
        return table[slot] - 1;
      }
      slot = slot + 1 & mask;
    }
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
      counts = Arrays.copyOf(counts, size * 2);
      words = Arrays.copyOf(words, size * 2);
    }
    keys[size] = key;
    table[slot] = ++size;
    return size - 1;
  }

  private static int slot(long key, int mask) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h ^ h >>> 32) & mask;
  }

  private void rehash() {
    table = new int[table.length * 2];
    int mask = table.length - 1;
    for (int i = 0; i < size; i++) {
      int slot = slot(keys[i], mask);
      while (table[slot] != 0) {
        slot = slot + 1 & mask;
      }
      table[slot] = i + 1;
    }
  }

  int size() {
    return size;
  }

  long key(int index) {
    return keys[index];
  }

  long count(int index) {
    return counts[index];
  }

  void count(int index, long change) {
    counts[index] += change;
  }

  /// Notes that `word` has the pair; answers whether it is the first such word since [#takeWords].
  boolean addWord(int index, int word) {
    IntList list = words[index];
    if (list == null) {
      list = new IntList();
      words[index] = list;
      list.add(word);
      return true;
    }
    list.addOnce(word);
    return false;
  }

  /// The words noted since the last call.
  int[] takeWords(int index) {
    IntList list = words[index];
    words[index] = null;
    return list == null ? new int[0] : list.toArray();
  }
}
