package dev.heed.task;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// White space as Python's `str.split` sees it, for figures that must be those of a Python library.
final class PythonText {
  // Unicode's, and the four separators of ASCII.
  private static final Pattern SPACES =
      Pattern.compile("[\\s\\x1c-\\x1f]+", Pattern.UNICODE_CHARACTER_CLASS);

  private PythonText() {}

  /// The words between white space.
  static List<String> split(String text) {
    return Arrays.stream(SPACES.split(text)).filter(word -> !word.isEmpty()).toList();
  }

  /// Without white space at its end.
  static String stripEnd(String text) {
    int end = text.length();
    while (end > 0 && SPACES.matcher(text.substring(end - 1, end)).matches()) {
      end--;
    }
    return text.substring(0, end);
  }
}
