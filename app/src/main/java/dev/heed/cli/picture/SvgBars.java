package dev.heed.cli.picture;

import java.util.List;

/// Shares as bars, one below the other, each with how far it varies.
public final class SvgBars {
  private static final int WIDTH = 720;
  private static final int ROW = 30;
  private static final int TOP = 48;
  private static final int LEFT = 250;
  private static final int RIGHT = 120;
  private static final int BOTTOM = 36;
  private static final int TICKS = 5;

  private static final String STYLE =
      """
      .label { text-anchor: end; }
      .tick { text-anchor: middle; }
      .deviation { stroke: var(--ink); stroke-width: 2; }
      rect { fill: var(--hue); fill-opacity: 0.7; }
      """;

  /// A bar.
  ///
  /// @param share its length, in 0 … 1
  /// @param deviation how far it varies to either side
  /// @param note what stands behind it
  public record Bar(String label, double share, double deviation, String note) {}

  private SvgBars() {}

  /// The document.
  public static String of(String title, List<Bar> bars) {
    // Bars begin at a round share below the lowest, so that differences show.
    double lowest = bars.stream().mapToDouble(bar -> bar.share - bar.deviation).min().orElse(0);
    double from = Math.max(0, Math.floor(lowest * 10 - 0.5) / 10);
    int height = TOP + bars.size() * ROW + BOTTOM;
    Svg svg = new Svg(WIDTH, height, title, title, STYLE);
    for (int i = 0; i <= TICKS; i++) {
      double share = from + (1 - from) * i / TICKS;
      double x = x(share, from);
      svg.add(
          "  <line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
          x, x, TOP - 8, height - BOTTOM);
      svg.add(
          "  <text class=\"tick\" x=\"%.1f\" y=\"%d\">%.0f %%</text>%n",
          x, height - 12, 100 * share);
    }
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, bars.get(i), TOP + i * ROW, from);
    }
    return svg.end();
  }

  private static void bar(Svg svg, Bar bar, int y, double from) {
    int middle = y + ROW / 2;
    svg.add(
        "  <text class=\"label\" x=\"%d\" y=\"%d\">%s</text>%n",
        LEFT - 8, middle + 4, SvgHeatMap.escape(bar.label));
    svg.add(
        "  <rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
        LEFT, y + 4, x(bar.share, from) - LEFT, ROW - 8);
    if (bar.deviation > 0) {
      svg.add(
          "  <line class=\"deviation\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
          x(Math.max(from, bar.share - bar.deviation), from),
          x(Math.min(1, bar.share + bar.deviation), from),
          middle,
          middle);
    }
    svg.add(
        "  <text x=\"%d\" y=\"%d\">%s</text>%n",
        WIDTH - RIGHT + 8, middle + 4, SvgHeatMap.escape(bar.note));
  }

  private static double x(double share, double from) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (share - from) / (1 - from);
  }
}
