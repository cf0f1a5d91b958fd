package dev.heed.cli.picture;

import java.util.List;
import java.util.Locale;

/// A [LabelledMatrix] as an SVG document of its own.
///
/// One hue from the page's colour to full strength, so the order of the values also shows in grey;
/// the hue changes with the reader's light or dark setting. A title and a description are there for
/// screen readers, and each cell names its row, column and value when pointed at.
public final class SvgHeatMap {
  private static final int CELL = 24;
  private static final int FONT = 13;
  // An estimate for sans-serif letters: no font is measured, labels only need room enough.
  private static final double LETTER = FONT * 0.62;
  private static final int MOST_LETTERS = 24;
  private static final int GAP = 8;
  private static final int LEGEND = 44;

  private SvgHeatMap() {}

  /// The document that shows `matrix`.
  ///
  /// @param description what a person who does not see the picture should know, in a sentence or
  ///   two
  public static String of(LabelledMatrix matrix, String description) {
    int left = GAP * 2 + labelLength(matrix.rows());
    int top = FONT * 3 + GAP + labelLength(matrix.columns());
    int gridWidth = matrix.columns().size() * CELL;
    int gridHeight = matrix.rows().size() * CELL;
    int titleWidth = (int) Math.ceil(matrix.title().length() * LETTER * 1.1) + 2 * GAP;
    int width = Math.max(Math.max(left + gridWidth, left + 180) + GAP * 2, titleWidth);
    int height = top + gridHeight + LEGEND;

    StringBuilder svg = new StringBuilder();
    head(svg, matrix, description, width, height);
    line(svg, "  <text class=\"title\" x=\"%d\" y=\"%d\">%s</text>", GAP, FONT * 2, matrix.title());
    for (int s = 0; s < matrix.columns().size(); s++) {
      int x = left + s * CELL + CELL / 2 + FONT / 3;
      line(
          svg,
          "  <text transform=\"translate(%d %d) rotate(-90)\">%s</text>",
          x,
          top - GAP / 2,
          cut(matrix.columns().get(s)));
    }
    cells(svg, matrix, left, top);
    legend(svg, matrix.largest(), left, top + gridHeight + GAP * 2);
    return svg.append("</svg>\n").toString();
  }

  private static void head(
      StringBuilder svg, LabelledMatrix matrix, String description, int width, int height) {
    line(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
            + " role=\"img\" aria-labelledby=\"title description\">",
        width,
        height,
        width,
        height);
    line(svg, "  <title id=\"title\">%s</title>", matrix.title());
    line(svg, "  <desc id=\"description\">%s</desc>", description);
    svg.append(
        """
          <style>
            svg { --paper: #ffffff; --ink: #1f2328; --hue: #08519c; background: var(--paper); }
            @media (prefers-color-scheme: dark) {
              svg { --paper: #0d1117; --ink: #e6edf3; --hue: #79c0ff; }
            }
            text { font: %dpx system-ui, sans-serif; fill: var(--ink); }
            .title { font-weight: 600; }
            .row { text-anchor: end; }
            .paper { fill: var(--paper); }
            .cell { fill: var(--hue); }
            .frame { fill: none; stroke: var(--ink); stroke-opacity: 0.25; }
          </style>
          <rect class="paper" width="100%%" height="100%%"/>
        """
            .formatted(FONT));
  }

  private static void cells(StringBuilder svg, LabelledMatrix matrix, int left, int top) {
    float largest = matrix.largest();
    for (int t = 0; t < matrix.rows().size(); t++) {
      String row = matrix.rows().get(t);
      int y = top + t * CELL;
      line(
          svg,
          "  <text class=\"row\" x=\"%d\" y=\"%d\">%s</text>",
          left - GAP / 2,
          y + CELL / 2 + FONT / 3,
          cut(row));
      for (int s = 0; s < matrix.columns().size(); s++) {
        float value = matrix.values()[t][s];
        double strength = largest == 0 ? 0 : value / largest;
        line(
            svg,
            "  <rect class=\"cell\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\""
                + " fill-opacity=\"%.3f\"><title>%s → %s: %.4f</title></rect>",
            left + s * CELL,
            y,
            CELL,
            CELL,
            strength,
            row,
            matrix.columns().get(s),
            value);
      }
    }
    line(
        svg,
        "  <rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
        left,
        top,
        matrix.columns().size() * CELL,
        matrix.rows().size() * CELL);
  }

  private static void legend(StringBuilder svg, float largest, int left, int y) {
    int steps = 10;
    int step = 12;
    line(svg, "  <text class=\"row\" x=\"%d\" y=\"%d\">0</text>", left - GAP / 2, y + 10);
    for (int i = 0; i < steps; i++) {
      line(
          svg,
          "  <rect class=\"cell\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\""
              + " fill-opacity=\"%.2f\"/>",
          left + i * step,
          y,
          step,
          (i + 0.5) / steps);
    }
    line(
        svg,
        "  <text x=\"%d\" y=\"%d\">%.2f</text>",
        left + steps * step + GAP / 2,
        y + 10,
        largest);
  }

  private static int labelLength(List<String> labels) {
    int longest = labels.stream().mapToInt(label -> cut(label).length()).max().orElse(0);
    return (int) Math.ceil(longest * LETTER);
  }

  private static String cut(String label) {
    int letters = label.codePointCount(0, label.length());
    return letters <= MOST_LETTERS
        ? label
        : label.substring(0, label.offsetByCodePoints(0, MOST_LETTERS - 1)) + "…";
  }

  /// Appends a line; texts among the arguments are escaped.
  private static void line(StringBuilder svg, String format, Object... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof String text) {
        arguments[i] = escape(text);
      }
    }
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  /// `text` as XML character data or attribute value; what XML 1.0 cannot hold shows as `·`.
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            case '\n', '\r' -> escaped.append('⏎');
            case '\t' -> escaped.append('⇥');
            default -> {
              boolean allowed =
                  (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c > 0xFFFF;
              escaped.appendCodePoint(allowed ? c : '·');
            }
          }
        });
    return escaped.toString();
  }
}
