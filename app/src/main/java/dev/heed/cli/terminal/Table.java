package dev.heed.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/// Rows of text with their columns below each other.
public final class Table {
  private Table() {}

  /// A line a row; a cell wider than `widest` columns is cut.
  public static List<String> lines(List<List<String>> rows, int widest) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < row.size(); c++) {
        widths[c] = Math.max(widths[c], Math.min(widest, DisplayWidth.of(row.get(c))));
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < row.size(); c++) {
        String cell = DisplayWidth.cut(row.get(c), widest);
        line.append(c == 0 ? "" : "  ").append(cell);
        line.repeat(" ", Math.max(0, widths[c] - DisplayWidth.of(cell)));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /// The same for Markdown; the first row is the head.
  public static String markdown(List<List<String>> rows) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      boolean first = text.isEmpty();
      text.append("| ").append(String.join(" | ", row)).append(" |\n");
      if (first) {
        text.append("|---".repeat(row.size())).append("|\n");
      }
    }
    return text.toString();
  }
}
