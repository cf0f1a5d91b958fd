package dev.heed.cli.picture;

import dev.heed.cli.picture.TrainingCurves.Point;
import java.util.List;
import java.util.Locale;

/// [TrainingCurves] as a picture that scales.
public final class SvgCurves {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 360;
  private static final int LEFT = 56;
  private static final int BOTTOM = 40;
  private static final int TOP = 48;
  private static final int RIGHT = 16;
  private static final int TICKS = 5;

  private SvgCurves() {}

  /// The document.
  public static String svg(TrainingCurves curves, String title) {
    double low = curves.low();
    double high = curves.high();
    double last = curves.last();
    StringBuilder svg = new StringBuilder();
    add(
        svg,
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
            line { stroke: var(--ink); stroke-opacity: 0.2; }
            polyline { fill: none; stroke: var(--hue); stroke-width: 2; }
            .training { stroke-opacity: 0.4; }
            circle { fill: var(--hue); }
          </style>
          <text x="%d" y="24">%s: thin in training (smoothed), points on held-out text</text>
        """,
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        title,
        8,
        title);
    for (int i = 0; i <= TICKS; i++) {
      double loss = low + (high - low) * i / TICKS;
      double y = y(loss, low, high);
      add(
          svg,
          "  <line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
          LEFT,
          WIDTH - RIGHT,
          y,
          y);
      add(svg, "  <text x=\"8\" y=\"%.1f\">%.2f</text>%n", y + 4, loss);
      double step = last * i / TICKS;
      add(
          svg,
          "  <text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>%n",
          x(step, last),
          HEIGHT - 14,
          step);
    }
    polyline(svg, "training", curves.steps(), last, low, high);
    polyline(svg, "held-out", curves.evaluations(), last, low, high);
    for (Point point : curves.evaluations()) {
      add(
          svg,
          "  <circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>step %d: %.4f</title></circle>%n",
          x(point.step(), last),
          y(point.loss(), low, high),
          point.step(),
          point.loss());
    }
    return svg.append("</svg>\n").toString();
  }

  private static void polyline(
      StringBuilder svg, String name, List<Point> curve, double last, double low, double high) {
    StringBuilder points = new StringBuilder();
    for (Point point : curve) {
      add(points, "%.1f,%.1f ", x(point.step(), last), y(point.loss(), low, high));
    }
    add(svg, "  <polyline class=\"%s\" points=\"%s\"/>%n", name, points.toString().strip());
  }

  private static double x(double step, double last) {
    return LEFT + (WIDTH - LEFT - RIGHT) * step / last;
  }

  private static double y(double loss, double low, double high) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low);
  }

  private static void add(StringBuilder to, String format, Object... values) {
    to.append(String.format(Locale.ROOT, format, values));
  }
}
