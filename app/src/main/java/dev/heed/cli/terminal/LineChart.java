package dev.heed.cli.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A curve and points beside it, drawn with Braille patterns: 2 × 4 dots a character.
public final class LineChart {
  /// Fewer columns show nothing.
  public static final int LEAST_COLUMNS = 40;

  private static final int LABEL = 8;
  private static final char EMPTY = '\u2800';
  private static final char MARK = 'o';
  // The bit of each dot of a Braille pattern, by column and row.
  private static final int[][] BITS = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

  /// A point of the chart.
  public record Point(double x, double y) {}

  private final char[][] cells;
  private final double last;
  private final double low;
  private final double high;

  private LineChart(int columns, int rows, double last, double low, double high) {
    this.cells = new char[rows][columns];
    for (char[] row : cells) {
      Arrays.fill(row, EMPTY);
    }
    this.last = last;
    this.low = low;
    this.high = high;
  }

  /// `rows` lines, the values of the highest and lowest point before the first and last.
  ///
  /// @param curve what a line joins, in the order of x
  /// @param marks points of their own, drawn as `o`
  /// @param last what x goes to, from 0
  /// @param columns how wide the chart may be
  /// @return nothing where there is nothing to draw, or too little room
  public static List<String> lines(
      List<Point> curve, List<Point> marks, double last, int columns, int rows, Colors colors) {
    double low =
        Stream.concat(curve.stream(), marks.stream()).mapToDouble(Point::y).min().orElse(0);
    double high =
        Stream.concat(curve.stream(), marks.stream()).mapToDouble(Point::y).max().orElse(0);
    if (!(high > low) || columns < LEAST_COLUMNS) {
      return List.of();
    }
    LineChart chart = new LineChart(columns - LABEL - 1, rows, last, low, high);
    for (int i = 0; i < curve.size(); i++) {
      chart.line(curve.get(Math.max(0, i - 1)), curve.get(i));
    }
    marks.forEach(chart::mark);
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      String label = row == 0 ? number(high) : row == rows - 1 ? number(low) : "";
      lines.add(
          DisplayWidth.right(label, LABEL - 1)
              + " "
              + Ramp.foreground(new String(chart.cells[row]), colors));
    }
    return lines;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 1000 ? "%.3f" : "%.0f", value);
  }

  private void line(Point from, Point to) {
    double x = dotX(from);
    double y = dotY(from);
    double dx = dotX(to) - x;
    double dy = dotY(to) - y;
    int dots = (int) Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)));
    for (int i = 0; i <= dots; i++) {
      double share = dots == 0 ? 0 : (double) i / dots;
      dot((int) Math.round(x + share * dx), (int) Math.round(y + share * dy));
    }
  }

  private void dot(int x, int y) {
    char[] row = cells[y / 4];
    row[x / 2] = (char) (row[x / 2] | BITS[x % 2][y % 4]);
  }

  private void mark(Point point) {
    int x = (int) Math.round(dotX(point));
    int y = (int) Math.round(dotY(point));
    cells[y / 4][x / 2] = MARK;
  }

  private double dotX(Point point) {
    return Math.clamp(point.x / last, 0, 1) * (2 * cells[0].length - 1);
  }

  private double dotY(Point point) {
    return (high - point.y) / (high - low) * (4 * cells.length - 1);
  }
}
