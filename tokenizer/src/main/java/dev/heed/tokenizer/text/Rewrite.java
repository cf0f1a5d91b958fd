package dev.heed.tokenizer.text;

import java.util.Arrays;

/// A new text as code points, each with what it does to the old text: 0 replaces the next
/// character, 1 is added, and `-n` replaces the next character and drops `n` more.
public final class Rewrite {
  int[] codePoints;
  int[] changes;
  int size;

  public Rewrite(int capacity) {
    codePoints = new int[Math.max(8, capacity)];
    changes = new int[codePoints.length];
  }

  public void add(int codePoint, int change) {
    if (size == codePoints.length) {
      codePoints = Arrays.copyOf(codePoints, size * 2);
      changes = Arrays.copyOf(changes, size * 2);
    }
    codePoints[size] = codePoint;
    changes[size++] = change;
  }

  /// The number of code points so far.
  public int size() {
    return size;
  }

  /// Changes what the code point at `index` does.
  public void change(int index, int change) {
    changes[index] = change;
  }

  /// What the code point at `index` does.
  public int change(int index) {
    return changes[index];
  }
}
