package dev.heed.generation;

import java.util.List;

/// Ends a text that comes in pieces before the first of some strings. What may be the beginning of
/// one is held back. For one thread and one text.
public final class StopStrings {
  private final List<String> strings;
  private final StringBuilder held = new StringBuilder();
  private boolean reached;

  /// @throws IllegalArgumentException if one is empty
  public StopStrings(List<String> strings) {
    if (strings.contains("")) {
      throw new IllegalArgumentException("a stop string must not be empty");
    }
    this.strings = List.copyOf(strings);
  }

  /// Takes the next piece and gives what is certain to stand before any of the strings.
  public String next(String piece) {
    if (reached) {
      return "";
    }
    held.append(piece);
    int end = held.length();
    for (String string : strings) {
      int at = held.indexOf(string);
      if (at >= 0 && at < end) {
        end = at;
        reached = true;
      }
    }
    if (!reached) {
      for (String string : strings) {
        end = Math.min(end, held.length() - overlap(string));
      }
    }
    String certain = held.substring(0, end);
    held.delete(0, end);
    return certain;
  }

  /// What was held back, where no string came.
  public String finish() {
    String rest = reached ? "" : held.toString();
    held.setLength(0);
    return rest;
  }

  /// Whether one of the strings came.
  public boolean reached() {
    return reached;
  }

  /// How many of the last characters held are the beginning of `string`.
  private int overlap(String string) {
    for (int length = Math.min(string.length() - 1, held.length()); length > 0; length--) {
      if (held.indexOf(string.substring(0, length), held.length() - length) >= 0) {
        return length;
      }
    }
    return 0;
  }
}
