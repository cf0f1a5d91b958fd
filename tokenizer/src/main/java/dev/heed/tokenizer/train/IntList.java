package dev.heed.tokenizer.train;

import java.util.Arrays;

/// A growing list of ints.
final class IntList {
  private int[] items = new int[4];
  private int size;

  int size() {
    return size;
  }

  int get(int index) {
    return items[index];
  }

  void add(int item) {
    if (size == items.length) {
      items = Arrays.copyOf(items, size * 2);
    }
    items[size++] = item;
  }

  /// Adds `item` unless it is the one that was added last.
  void addOnce(int item) {
    if (size == 0 || items[size - 1] != item) {
      add(item);
    }
  }

  int[] toArray() {
    return Arrays.copyOf(items, size);
  }
}
