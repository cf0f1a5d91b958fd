package dev.heed.cli.terminal;

/// One hue from the background to full strength, in as many steps as the terminal has.
///
/// The hue is a blue that people with the common colour deficiencies tell from grey, and its
/// lightness rises steadily, so that the order of the values stays visible without colour.
final class Ramp {
  // Dark blue to light blue; the last step is also the colour of bars.
  private static final int[] FIRST = {10, 20, 40};
  private static final int[] LAST = {120, 190, 255};
  // The same climb through the 6×6×6 cube of xterm's palette: 16 + 36 r + 6 g + b.
  private static final int[] PALETTE = {16, 17, 18, 19, 25, 26, 32, 33, 75, 117};
  private static final String SHADES = " .:-=+*#%@";
  private static final String RESET = "\u001b[0m";

  private Ramp() {}

  /// `columns` columns filled with the strength `value`, 0 to 1.
  static String cell(double value, int columns, Colors colors) {
    double strength = Math.clamp(value, 0.0, 1.0);
    return switch (colors) {
      case TRUE -> "\u001b[48;2;" + rgb(strength) + "m" + " ".repeat(columns) + RESET;
      case PALETTE -> "\u001b[48;5;" + palette(strength) + "m" + " ".repeat(columns) + RESET;
      case NONE -> String.valueOf(shade(strength)).repeat(columns);
    };
  }

  /// `text` in the ramp's strongest colour.
  static String foreground(String text, Colors colors) {
    return switch (colors) {
      case TRUE -> "\u001b[38;2;" + rgb(0.8) + "m" + text + RESET;
      case PALETTE -> "\u001b[38;5;" + palette(0.8) + "m" + text + RESET;
      case NONE -> text;
    };
  }

  private static char shade(double strength) {
    return SHADES.charAt(step(strength, SHADES.length()));
  }

  private static int palette(double strength) {
    return PALETTE[step(strength, PALETTE.length)];
  }

  private static int step(double strength, int steps) {
    return Math.min(steps - 1, (int) (strength * steps));
  }

  private static String rgb(double strength) {
    StringBuilder channels = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      channels.append(i == 0 ? "" : ";");
      channels.append(Math.round(FIRST[i] + strength * (LAST[i] - FIRST[i])));
    }
    return channels.toString();
  }
}
