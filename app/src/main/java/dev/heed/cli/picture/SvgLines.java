package dev.heed.cli.picture;

import java.util.List;
import java.util.Locale;

/// How figures change from one group to the next: a line for each that is compared, told apart by
/// colour and by dashes.
public final class SvgLines {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 360;
  private static final int LEFT = 56;
  private static final int RIGHT = 230;
  private static final int TOP = 48;
  private static final int BOTTOM = 40;
  private static final int TICKS = 5;
  private static final int LEGEND_ROW = 22;
  private static final List<String> DASHES = List.of("none", "8 4", "2 4", "8 4 2 4", "14 4");

  private static final String STYLE =
      """
      svg { --hue0: #08519c; --hue1: #b35806; --hue2: #1b7837; --hue3: #762a83; --hue4: #1f2328; }
      @media (prefers-color-scheme: dark) {
        svg { --hue0: #79c0ff; --hue1: #fdb863; --hue2: #7ee787; --hue3: #d2a8ff; --hue4: #e6edf3; }
      }
      .of { fill: none; stroke-width: 2; }
      """;

  /// A line.
  ///
  /// @param values one for each group, 0 or more
  public record Line(String label, List<Double> values) {
    public Line {
      values = List.copyOf(values);
    }
  }

  private SvgLines() {}

  /// The document.
  ///
  /// @param groups what stands below, from left to right
  public static String of(String title, List<String> groups, List<Line> lines) {
    double highest =
        lines.stream()
            .flatMap(line -> line.values.stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(0);
    double top = Math.max(1, Math.ceil(highest / TICKS) * TICKS);
    Svg svg = new Svg(WIDTH, HEIGHT, title, title, STYLE);
    for (int i = 0; i <= TICKS; i++) {
      double y = y(top * i / TICKS, top);
      svg.add(
          "  <line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
          LEFT, WIDTH - RIGHT, y, y);
      svg.add("  <text x=\"8\" y=\"%.1f\">%.1f</text>%n", y + 4, top * i / TICKS);
    }
    for (int i = 0; i < groups.size(); i++) {
      svg.add(
          "  <text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          x(i, groups.size()), HEIGHT - 14, SvgHeatMap.escape(groups.get(i)));
    }
    for (int i = 0; i < lines.size(); i++) {
      line(svg, lines.get(i), i % DASHES.size(), TOP + 8 + i * LEGEND_ROW, top);
    }
    return svg.end();
  }

  private static void line(Svg svg, Line line, int style, int legend, double top) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < line.values.size(); i++) {
      points.append(
          String.format(
              Locale.ROOT, "%.1f,%.1f ", x(i, line.values.size()), y(line.values.get(i), top)));
    }
    String stroke =
        "stroke=\"var(--hue%d)\" stroke-dasharray=\"%s\"".formatted(style, DASHES.get(style));
    svg.add("  <polyline class=\"of\" %s points=\"%s\"/>%n", stroke, points.toString().strip());
    for (int i = 0; i < line.values.size(); i++) {
      svg.add(
          "  <circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"var(--hue%d)\"><title>%s: %.2f</title>"
              + "</circle>%n",
          x(i, line.values.size()),
          y(line.values.get(i), top),
          style,
          SvgHeatMap.escape(line.label),
          line.values.get(i));
    }
    int left = WIDTH - RIGHT + 12;
    svg.add(
        "  <line class=\"of\" %s x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n",
        stroke, left, left + 26, legend, legend);
    svg.add(
        "  <text x=\"%d\" y=\"%d\">%s</text>%n",
        left + 32, legend + 4, SvgHeatMap.escape(line.label));
  }

  private static double x(int group, int groups) {
    double width = WIDTH - LEFT - RIGHT;
    return LEFT + width * (group + 0.5) / Math.max(1, groups);
  }

  private static double y(double value, double top) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / top;
  }
}
