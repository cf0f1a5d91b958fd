package dev.heed.tokenizer.model;

import java.util.Arrays;

/// The merges of a byte-pair encoding: pair of ids → rank and id of the merged token.
///
/// An open-addressing table on primitive arrays; immutable and thread-safe once built. A pair that
/// occurs twice keeps its later rank, as in the reference.
public final class Merges {
  private static final long EMPTY = -1;

  private final int[] lefts; // by rank
  private final int[] rights;
  private final long[] keys;
  private final long[] values; // rank << 32 | merged id

  /// Merges in the order of their rank; `merged[r]` is the id that the pair of rank `r` becomes.
  public Merges(int[] lefts, int[] rights, int[] merged) {
    this.lefts = lefts.clone();
    this.rights = rights.clone();
    int capacity = Integer.highestOneBit(Math.max(8, lefts.length * 2)) * 2;
    keys = new long[capacity];
    values = new long[capacity];
    Arrays.fill(keys, EMPTY);
    for (int rank = 0; rank < lefts.length; rank++) {
      int slot = slot(key(lefts[rank], rights[rank]));
      keys[slot] = key(lefts[rank], rights[rank]);
      values[slot] = (long) rank << 32 | merged[rank];
    }
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    long h = key * 0x9E3779B97F4A7C15L;
    int slot = (int) (h ^ h >>> 32) & mask;
    while (keys[slot] != EMPTY && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  /// The number of merges.
  public int size() {
    return lefts.length;
  }

  /// The left id of the merge of that rank.
  public int left(int rank) {
    return lefts[rank];
  }

  /// The right id of the merge of that rank.
  public int right(int rank) {
    return rights[rank];
  }

  /// `rank << 32 | merged id`, or [Long#MAX_VALUE] where the pair does not merge.
  long find(int left, int right) {
    int slot = slot(key(left, right));
    return keys[slot] == EMPTY ? Long.MAX_VALUE : values[slot];
  }

  /// Applies merges, the lowest rank first and of equal ranks the leftmost, until none is left.
  ///
  /// `symbols` and `lengths` hold the `n` symbols of a word and how much each covers; what remains
  /// stands at their beginning afterwards.
  ///
  /// @return the number of symbols that remain
  int apply(int[] symbols, int[] lengths, int n) {
    return n <= SHORT ? applyShort(symbols, lengths, n) : applyLong(symbols, lengths, n);
  }

  /// Up to this length looking at all pairs each time beats keeping a heap.
  private static final int SHORT = 40;

  private int applyShort(int[] symbols, int[] lengths, int n) {
    long[] pairs = new long[n];
    for (int i = 0; i + 1 < n; i++) {
      pairs[i] = find(symbols[i], symbols[i + 1]);
    }
    while (n > 1) {
      int best = 0;
      for (int i = 1; i + 1 < n; i++) {
        if (pairs[i] >>> 32 < pairs[best] >>> 32) {
          best = i;
        }
      }
      if (pairs[best] == Long.MAX_VALUE) {
        break;
      }
      symbols[best] = (int) pairs[best];
      lengths[best] += lengths[best + 1];
      int tail = n - best - 2;
      System.arraycopy(symbols, best + 2, symbols, best + 1, tail);
      System.arraycopy(lengths, best + 2, lengths, best + 1, tail);
      System.arraycopy(pairs, best + 2, pairs, best + 1, tail);
      n--;
      if (best + 1 < n) {
        pairs[best] = find(symbols[best], symbols[best + 1]);
      }
      if (best > 0) {
        pairs[best - 1] = find(symbols[best - 1], symbols[best]);
      }
    }
    return n;
  }

  /// A heap of `rank << 32 | position` over a linked list of symbols: `O(n log n)` for any input.
  private int applyLong(int[] symbols, int[] lengths, int n) {
    int[] previous = new int[n];
    int[] next = new int[n];
    LongHeap heap = new LongHeap(n);
    for (int i = 0; i < n; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      if (i + 1 < n) {
        offer(heap, symbols, i, i + 1);
      }
    }
    while (!heap.isEmpty()) {
      long top = heap.poll();
      int at = (int) top;
      int right = next[at];
      if (lengths[at] < 0 || right >= n) {
        continue;
      }
      long pair = find(symbols[at], symbols[right]);
      if (pair >>> 32 != top >>> 32 || pair == Long.MAX_VALUE) {
        continue; // one of the two was merged meanwhile
      }
      symbols[at] = (int) pair;
      lengths[at] += lengths[right];
      lengths[right] = -1;
      next[at] = next[right];
      if (next[at] < n) {
        previous[next[at]] = at;
        offer(heap, symbols, at, next[at]);
      }
      if (previous[at] >= 0) {
        offer(heap, symbols, previous[at], at);
      }
    }
    int kept = 0;
    for (int i = 0; i < n; i = next[i]) {
      symbols[kept] = symbols[i];
      lengths[kept++] = lengths[i];
    }
    return kept;
  }

  private void offer(LongHeap heap, int[] symbols, int left, int right) {
    long pair = find(symbols[left], symbols[right]);
    if (pair != Long.MAX_VALUE) {
      heap.offer(pair & 0xffffffff00000000L | left);
    }
  }
}
