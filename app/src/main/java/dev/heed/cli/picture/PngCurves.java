package dev.heed.cli.picture;

import dev.heed.cli.picture.TrainingCurves.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/// [TrainingCurves] as a PNG picture on white, for what does not show SVG.
public final class PngCurves {
  private static final int WIDTH = 1440;
  private static final int HEIGHT = 720;
  private static final int LEFT = 112;
  private static final int RIGHT = 48;
  private static final int TOP = 96;
  private static final int BOTTOM = 80;
  private static final int TICKS = 5;
  private static final int DOT = 12;
  private static final Color INK = new Color(0x1f2328);
  private static final Color GRID = new Color(0xd2d3d4);
  private static final Color HUE = new Color(0x08519c);
  private static final Color PALE_HUE = new Color(0x9cb9d7);

  private final TrainingCurves curves;
  private final Graphics2D graphics;
  private final double low;
  private final double high;
  private final long last;

  private PngCurves(TrainingCurves curves, Graphics2D graphics) {
    this.curves = curves;
    this.graphics = graphics;
    this.low = curves.low();
    this.high = curves.high();
    this.last = curves.last();
  }

  /// Writes the picture; does nothing on a machine without a font, where the SVG has to do.
  public static void writeWhereThereIsAFont(TrainingCurves curves, String title, Path file)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    try {
      new PngCurves(curves, image.createGraphics()).draw(title);
    } catch (InternalError | UnsatisfiedLinkError e) {
      return;
    }
    try (var out = Files.newOutputStream(file)) {
      ImageIO.write(image, "png", out);
    }
  }

  private void draw(String title) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 26));
    graphics.setColor(INK);
    graphics.drawString(TrainingCurves.heading(title), 16, 48);
    for (int i = 0; i <= TICKS; i++) {
      double loss = low + (high - low) * i / TICKS;
      graphics.setColor(GRID);
      graphics.drawLine(LEFT, (int) y(loss), WIDTH - RIGHT, (int) y(loss));
      graphics.setColor(INK);
      graphics.drawString(String.format(Locale.ROOT, "%.2f", loss), 16, (int) y(loss) + 9);
      long step = Math.round((double) last * i / TICKS);
      String label = Long.toString(step);
      int half = graphics.getFontMetrics().stringWidth(label) / 2;
      graphics.drawString(label, (int) x(step) - half, HEIGHT - 28);
    }
    line(curves.steps(), PALE_HUE);
    line(curves.evaluations(), HUE);
    for (Point point : curves.evaluations()) {
      graphics.fill(
          new Ellipse2D.Double(x(point.step()) - DOT / 2.0, y(point.loss()) - DOT / 2.0, DOT, DOT));
    }
  }

  private void line(List<Point> points, Color color) {
    Path2D path = new Path2D.Double();
    for (Point point : points) {
      if (path.getCurrentPoint() == null) {
        path.moveTo(x(point.step()), y(point.loss()));
      } else {
        path.lineTo(x(point.step()), y(point.loss()));
      }
    }
    graphics.setColor(color);
    graphics.setStroke(new BasicStroke(4));
    graphics.draw(path);
    graphics.setStroke(new BasicStroke(1));
  }

  private double x(double step) {
    return LEFT + (WIDTH - LEFT - RIGHT) * step / last;
  }

  private double y(double loss) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low);
  }
}
