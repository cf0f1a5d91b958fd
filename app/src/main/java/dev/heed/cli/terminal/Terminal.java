package dev.heed.cli.terminal;

import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;

/// What is behind an output stream: a terminal that can be drawn on, or a file or pipe.
///
/// @param interactive whether lines may be rewritten in place
/// @param colors the colours it shows
/// @param why one phrase on how `interactive` and `colors` were decided
/// @param columnsNow asks for the present width in columns: a window may be resized at any time
public record Terminal(boolean interactive, Colors colors, String why, IntSupplier columnsNow) {
  private static final int USUAL_COLUMNS = 80;

  /// No terminal: a file or a pipe, where lines are plain and may be up to `columns` wide.
  public static Terminal none(int columns) {
    return new Terminal(false, Colors.NONE, "not a terminal", () -> columns);
  }

  /// The terminal behind standard output.
  public static Terminal ofOutput(Map<String, String> environment) {
    return of(1, environment);
  }

  /// The terminal behind standard error.
  public static Terminal ofError(Map<String, String> environment) {
    return of(2, environment);
  }

  /// The width in columns, now; at least 20 so that there is always something to draw on.
  public int columns() {
    return Math.max(20, columnsNow.getAsInt());
  }

  private static Terminal of(int descriptor, Map<String, String> environment) {
    int columns = WindowSize.columns(descriptor);
    if (columns < 0) {
      return none(USUAL_COLUMNS);
    }
    return decide(environment, () -> firstPositive(WindowSize.columns(descriptor), USUAL_COLUMNS));
  }

  /// What a terminal shows according to the environment. Follows no-color.org (`NO_COLOR` set to
  /// anything but the empty string means no colours), `TERM` and `COLORTERM`.
  static Terminal decide(Map<String, String> environment, IntSupplier columnsNow) {
    String term = environment.getOrDefault("TERM", "");
    if (term.isEmpty() || term.equals("dumb")) {
      return new Terminal(false, Colors.NONE, "TERM is " + quote(term), columnsNow);
    }
    if (!environment.getOrDefault("NO_COLOR", "").isEmpty()) {
      return new Terminal(true, Colors.NONE, "NO_COLOR is set", columnsNow);
    }
    String colorTerm = environment.getOrDefault("COLORTERM", "").toLowerCase(Locale.ROOT);
    if (colorTerm.equals("truecolor") || colorTerm.equals("24bit")) {
      return new Terminal(true, Colors.TRUE, "COLORTERM is " + colorTerm, columnsNow);
    }
    if (term.contains("256color") || term.contains("direct") || term.equals("linux")) {
      return new Terminal(true, Colors.PALETTE, "TERM is " + quote(term), columnsNow);
    }
    return new Terminal(true, Colors.NONE, "TERM is " + quote(term), columnsNow);
  }

  private static String quote(String term) {
    return term.isEmpty() ? "not set" : "'" + term + "'";
  }

  private static int firstPositive(int measured, int otherwise) {
    return measured > 0 ? measured : otherwise;
  }
}
