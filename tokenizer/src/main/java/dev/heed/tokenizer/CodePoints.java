package dev.heed.tokenizer;

import org.jspecify.annotations.Nullable;

/// Places in a text counted in code points, as files and other languages count them, where Java
/// counts UTF-16 units.
public final class CodePoints {
  private final int @Nullable [] before; // null where both counts are the same

  /// For places in `text`.
  public CodePoints(String text) {
    int length = text.length();
    if (text.codePointCount(0, length) == length) {
      before = null;
      return;
    }
    int[] counts = new int[length + 1];
    for (int i = 0; i < length; i++) {
      boolean second =
          i > 0
              && Character.isLowSurrogate(text.charAt(i))
              && Character.isHighSurrogate(text.charAt(i - 1));
      counts[i + 1] = counts[i] + (second ? 0 : 1);
    }
    before = counts;
  }

  /// The number of code points before the UTF-16 unit `index`; a place within a surrogate pair
  /// counts the pair as passed.
  public int at(int index) {
    return before == null ? index : before[index];
  }
}
