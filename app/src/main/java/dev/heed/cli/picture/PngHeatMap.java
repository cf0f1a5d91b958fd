package dev.heed.cli.picture;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/// A [LabelledMatrix] as a PNG picture on white, the cells from white to blue.
public final class PngHeatMap {
  private static final int CELL = 24;
  private static final int GAP = 8;
  private static final int MOST_LETTERS = 24;
  private static final Color INK = new Color(0x1f2328);
  private static final Color HUE = new Color(0x08519c);

  private PngHeatMap() {}

  /// Writes the picture.
  ///
  /// @throws IOException if the file cannot be written, or the machine has no font
  public static void write(LabelledMatrix matrix, Path file) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    try {
      Graphics2D measure = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
      int left = 2 * GAP + widest(measure, font, matrix.rows());
      int top = 5 * GAP + widest(measure, font, matrix.columns());
      int title = measure.getFontMetrics(font).stringWidth(matrix.title()) + 2 * GAP;
      int width = Math.max(title, left + matrix.columns().size() * CELL + GAP);
      int height = top + matrix.rows().size() * CELL + GAP;
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      draw(matrix, image, font, left, top);
      try (var out = Files.newOutputStream(file)) {
        ImageIO.write(image, "png", out);
      }
    } catch (InternalError | UnsatisfiedLinkError e) {
      throw new IOException("a .png needs a font on this machine; .svg does not", e);
    }
  }

  private static int widest(Graphics2D graphics, Font font, Iterable<String> labels) {
    int widest = 0;
    for (String label : labels) {
      widest = Math.max(widest, graphics.getFontMetrics(font).stringWidth(cut(label)));
    }
    return widest;
  }

  private static String cut(String label) {
    return label.length() <= MOST_LETTERS ? label : label.substring(0, MOST_LETTERS - 1) + "…";
  }

  private static void draw(
      LabelledMatrix matrix, BufferedImage image, Font font, int left, int top) {
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.setFont(font);
    graphics.setColor(INK);
    graphics.drawString(matrix.title(), GAP, 2 * GAP);
    int base = font.getSize() - 2;
    for (int t = 0; t < matrix.rows().size(); t++) {
      String label = cut(matrix.rows().get(t));
      int x = left - GAP - graphics.getFontMetrics().stringWidth(label);
      graphics.drawString(label, x, top + t * CELL + (CELL + base) / 2);
    }
    for (int s = 0; s < matrix.columns().size(); s++) {
      Graphics2D turned = (Graphics2D) graphics.create();
      turned.translate(left + s * CELL + (CELL + base) / 2, top - GAP);
      turned.rotate(-Math.PI / 2);
      turned.drawString(cut(matrix.columns().get(s)), 0, 0);
    }
    float largest = matrix.largest();
    for (int t = 0; t < matrix.rows().size(); t++) {
      for (int s = 0; s < matrix.columns().size(); s++) {
        float strength = largest == 0 ? 0 : matrix.values()[t][s] / largest;
        graphics.setColor(between(strength));
        graphics.fillRect(left + s * CELL, top + t * CELL, CELL, CELL);
      }
    }
    graphics.setColor(INK);
    graphics.drawRect(
        left, top, matrix.columns().size() * CELL - 1, matrix.rows().size() * CELL - 1);
  }

  private static Color between(float strength) {
    return new Color(
        Math.round(255 + strength * (HUE.getRed() - 255)),
        Math.round(255 + strength * (HUE.getGreen() - 255)),
        Math.round(255 + strength * (HUE.getBlue() - 255)));
  }
}
