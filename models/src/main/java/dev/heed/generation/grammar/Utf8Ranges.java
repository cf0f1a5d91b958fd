package dev.heed.generation.grammar;

import java.util.ArrayList;
import java.util.List;

/// Ranges of characters as ranges of the bytes that UTF-8 writes them with.
final class Utf8Ranges {
  private static final int[] LAST_OF_LENGTH = {0x7f, 0x7ff, 0xffff, 0x10ffff};
  private static final int FIRST_SURROGATE = 0xd800;
  private static final int LAST_SURROGATE = 0xdfff;

  private Utf8Ranges() {}

  /// Sequences of byte ranges: first and last byte in turn. Surrogates, which UTF-8 does not have,
  /// are left out.
  static List<int[]> of(int first, int last) {
    List<int[]> found = new ArrayList<>();
    if (first < FIRST_SURROGATE && last >= FIRST_SURROGATE) {
      split(first, FIRST_SURROGATE - 1, found);
      first = LAST_SURROGATE + 1;
    }
    split(
        first >= FIRST_SURROGATE && first <= LAST_SURROGATE ? LAST_SURROGATE + 1 : first,
        last,
        found);
    return found;
  }

  private static void split(int first, int last, List<int[]> found) {
    for (int limit : LAST_OF_LENGTH) {
      if (first <= last && first <= limit) {
        sameLength(first, Math.min(last, limit), found);
        first = limit + 1;
      }
    }
  }

  /// Cuts until all bytes but the first that differs run from 80 to BF.
  private static void sameLength(int first, int last, List<int[]> found) {
    int length = bytes(first).length;
    for (int i = 1; i < length; i++) {
      int low = (1 << 6 * i) - 1;
      if ((first & ~low) != (last & ~low)) {
        if ((first & low) != 0) {
          sameLength(first, first | low, found);
          sameLength((first | low) + 1, last, found);
          return;
        }
        if ((last & low) != low) {
          sameLength(first, (last & ~low) - 1, found);
          sameLength(last & ~low, last, found);
          return;
        }
      }
    }
    byte[] from = bytes(first);
    byte[] to = bytes(last);
    int[] ranges = new int[2 * length];
    for (int i = 0; i < length; i++) {
      ranges[2 * i] = from[i] & 0xff;
      ranges[2 * i + 1] = to[i] & 0xff;
    }
    found.add(ranges);
  }

  private static byte[] bytes(int character) {
    return Character.toString(character).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
