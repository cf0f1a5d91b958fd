package dev.heed.tokenizer.train;

import java.util.Arrays;

/// How often each word occurs in a corpus, in bounded memory.
///
/// When more distinct words have been seen than the limit allows, the rarest are forgotten: first
/// those seen once, then twice, and so on until half the room is free. What is left does not depend
/// on anything but the text.
public final class WordCounts {
  private final int limit;
  private char[] pool = new char[1 << 12];
  private int[] offsets = new int[1 << 9]; // word w is pool[offsets[w], offsets[w + 1])
  private long[] counts = new long[1 << 9];
  private int[] hashes = new int[1 << 9];
  private int[] table = new int[1 << 10]; // word + 1, 0 where empty
  private int size;

  /// @param limit the most distinct words that are kept
  public WordCounts(int limit) {
    if (limit < 2) {
      throw new IllegalArgumentException("limit must be 2 or more: received limit=" + limit);
    }
    this.limit = limit;
  }

  public int size() {
    return size;
  }

  public long count(int word) {
    return counts[word];
  }

  public String word(int word) {
    return new String(pool, offsets[word], offsets[word + 1] - offsets[word]);
  }

  /// The characters of all words; word `w` stands from `begin(w)` to `end(w)`.
  public char[] characters() {
    return pool;
  }

  public int begin(int word) {
    return offsets[word];
  }

  public int end(int word) {
    return offsets[word + 1];
  }

  /// Counts the word in `text` from `from` to `to`, `times` more.
  public void add(char[] text, int from, int to, long times) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = h * 31 + text[i];
    }
    h *= 0x9E3779B1;
    h ^= h >>> 15;
    int mask = table.length - 1;
    int slot = h & mask;
    for (; table[slot] != 0; slot = slot + 1 & mask) {
      int word = table[slot] - 1;
      if (hashes[word] == h
          && Arrays.equals(pool, offsets[word], offsets[word + 1], text, from, to)) {
        counts[word] += times;
        return;
      }
    }
    insert(h, slot, text, from, to, times);
  }

  private void insert(int hash, int slot, char[] text, int from, int to, long times) {
    int end = offsets[size] + (to - from);
    if (end > pool.length) {
      pool = Arrays.copyOf(pool, Math.max(end, pool.length * 2));
    }
    if (size + 2 > offsets.length) {
      offsets = Arrays.copyOf(offsets, offsets.length * 2);
      counts = Arrays.copyOf(counts, counts.length * 2);
      hashes = Arrays.copyOf(hashes, hashes.length * 2);
    }
    System.arraycopy(text, from, pool, offsets[size], to - from);
    offsets[size + 1] = end;
    counts[size] = times;
    hashes[size] = hash;
    table[slot] = ++size;
    if (size >= limit) {
      for (long rarest = 1; size > limit / 2; rarest = next(rarest)) {
        forget(rarest);
      }
      index(table.length);
    } else if (2 * size > table.length) {
      index(table.length * 2);
    }
  }

  /// Thresholds grow by a quarter, so that even huge counts are reached soon.
  private static long next(long rarest) {
    return rarest + Math.max(1, rarest / 4);
  }

  /// Drops all words that occurred `rarest` times or less.
  private void forget(long rarest) {
    int kept = 0;
    int end = 0;
    for (int w = 0; w < size; w++) {
      if (counts[w] <= rarest) {
        continue;
      }
      int begin = offsets[w];
      int length = offsets[w + 1] - begin;
      System.arraycopy(pool, begin, pool, end, length);
      offsets[kept] = end;
      end += length;
      counts[kept] = counts[w];
      hashes[kept++] = hashes[w];
    }
    offsets[kept] = end;
    size = kept;
  }

  private void index(int capacity) {
    table = new int[capacity];
    int mask = capacity - 1;
    for (int w = 0; w < size; w++) {
      int slot = hashes[w] & mask;
      while (table[slot] != 0) {
        slot = slot + 1 & mask;
      }
      table[slot] = w + 1;
    }
  }
}
