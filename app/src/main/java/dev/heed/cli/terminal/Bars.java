package dev.heed.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Horizontal bars for probabilities, one a line:
///
/// ```
/// station  ████████████▌            0.412
/// platform █████▏                   0.170
/// ```
public final class Bars {
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
  private static final int MOST_COLUMNS = 40;
  private static final int MOST_LABEL = 24;

  /// One bar.
  ///
  /// @param label what it stands for
  /// @param probability its length, 0 to 1
  public record Bar(String label, double probability) {
    public Bar {
      if (!(probability >= 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "a bar's probability must be in 0…1: received " + probability + " for " + label);
      }
    }
  }

  private Bars() {}

  /// The lines that show `bars` in the order given, none wider than the terminal. The longest bar
  /// fills the room there is; the number behind each is its probability.
  public static List<String> lines(List<Bar> bars, Terminal terminal) {
    double largest = bars.stream().mapToDouble(Bar::probability).max().orElse(0);
    int widestLabel =
        bars.stream()
            .mapToInt(b -> DisplayWidth.of(DisplayWidth.visible(b.label())))
            .max()
            .orElse(0);
    int labelColumns = Math.min(widestLabel, Math.min(MOST_LABEL, terminal.columns() / 2));
    int number = 5;
    int columns = Math.clamp(terminal.columns() - labelColumns - number - 3L, 1, MOST_COLUMNS);
    List<String> lines = new ArrayList<>();
    for (Bar bar : bars) {
      double length = largest == 0 ? 0 : bar.probability() / largest * columns;
      lines.add(
          DisplayWidth.left(DisplayWidth.visible(bar.label()), labelColumns)
              + " "
              + bar(length, columns, terminal)
              + " "
              + String.format(Locale.ROOT, "%.3f", bar.probability()));
    }
    return lines;
  }

  private static String bar(double length, int columns, Terminal terminal) {
    if (!terminal.interactive()) {
      int whole = (int) Math.round(length);
      return "#".repeat(whole) + " ".repeat(columns - whole);
    }
    int eighths = (int) Math.round(length * 8);
    String drawn = "█".repeat(eighths / 8);
    if (eighths % 8 > 0) {
      drawn += EIGHTHS.charAt(eighths % 8);
    }
    return Ramp.foreground(drawn, terminal.colors()) + " ".repeat(columns - drawn.length());
  }
}
