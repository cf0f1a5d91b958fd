package dev.heed.cli.picture;

import java.util.Locale;

/// A drawing that grows: the paper, its colours by day and by night, a title; then what is added.
final class Svg {
  private final StringBuilder text = new StringBuilder();

  /// @param style more rules, of a picture's own classes
  Svg(int width, int height, String title, String heading, String style) {
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
        role="img" aria-labelledby="title">
          <title id="title">%s</title>
          <style>
            svg { --paper: #ffffff; --ink: #1f2328; --hue: #08519c; background: var(--paper); }
            @media (prefers-color-scheme: dark) {
              svg { --paper: #0d1117; --ink: #e6edf3; --hue: #79c0ff; }
            }
            text { font: 13px system-ui, sans-serif; fill: var(--ink); }
            .grid { stroke: var(--ink); stroke-opacity: 0.2; }
        %s  </style>
          <text x="8" y="24">%s</text>
        """,
        width,
        height,
        width,
        height,
        SvgHeatMap.escape(title),
        style.indent(4),
        SvgHeatMap.escape(heading));
  }

  /// Adds an element.
  void add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }

  /// The document.
  String end() {
    return text + "</svg>\n";
  }
}
