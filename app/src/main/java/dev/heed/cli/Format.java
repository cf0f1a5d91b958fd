package dev.heed.cli;

import java.util.Locale;

/// The form in which a command prints its results.
enum Format {
  /// For people.
  TEXT,
  /// One JSON value for the whole answer.
  JSON,
  /// One JSON value a line, one line a text.
  JSONL;

  /// As the command line spells it.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
