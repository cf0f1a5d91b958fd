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

  private static final String STYLE =
      """
      polyline { fill: none; stroke: var(--hue); stroke-width: 2; }
      .training { stroke-opacity: 0.4; }
      circle { fill: var(--hue); }
      """;

  private SvgCurves() {}

  /// The document.
  public static String svg(TrainingCurves curves, String title) {
    double low = curves.low();
    double high = curves.high();
    double last = curves.last();
    Svg svg = new Svg(WIDTH, HEIGHT, title, TrainingCurves.heading(title), STYLE);
    for (int i = 0; i <= TICKS; i++) {
      double loss = low + (high - low) * i / TICKS;
      double y = y(loss, low, high);
      svg.add(
          "  <line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
          LEFT, WIDTH - RIGHT, y, y);
      svg.add("  <text x=\"8\" y=\"%.1f\">%.2f</text>%n", y + 4, loss);
      double step = last * i / TICKS;
      svg.add(
          "  <text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>%n",
          x(step, last), HEIGHT - 14, step);
    }
    polyline(svg, "training", curves.steps(), last, low, high);
    polyline(svg, "held-out", curves.evaluations(), last, low, high);
    for (Point point : curves.evaluations()) {
      svg.add(
          "  <circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>step %d: %.4f</title></circle>%n",
          x(point.step(), last), y(point.loss(), low, high), point.step(), point.loss());
    }
    return svg.end();
  }

  private static void polyline(
      Svg svg, String name, List<Point> curve, double last, double low, double high) {
    StringBuilder points = new StringBuilder();
    for (Point point : curve) {
      points.append(
          String.format(
              Locale.ROOT, "%.1f,%.1f ", x(point.step(), last), y(point.loss(), low, high)));
    }
    svg.add("  <polyline class=\"%s\" points=\"%s\"/>%n", name, points.toString().strip());
  }

  private static double x(double step, double last) {
    return LEFT + (WIDTH - LEFT - RIGHT) * step / last;
  }

  private static double y(double loss, double low, double high) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low);
  }
}
