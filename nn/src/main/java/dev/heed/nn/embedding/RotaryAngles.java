package dev.heed.nn.embedding;

/// The angles of a layer's rotary positions. Their tables grow with the longest text seen: a model
/// may read texts of which few are ever that long.
public final class RotaryAngles {
  private static final int FIRST = 512;

  private final double[] frequencies;
  private final double factor;
  private volatile RotaryPositions tables;

  /// Tables of the angles position · frequency radians.
  ///
  /// @param frequencies one for each pair of numbers
  /// @param factor what sines and cosines are multiplied with
  public RotaryAngles(double[] frequencies, double factor) {
    this.frequencies = frequencies.clone();
    this.factor = factor;
    this.tables = RotaryPositions.ofFrequencies(FIRST, frequencies, factor, true);
  }

  /// The frequencies theta^(−2i/width) of the paper.
  ///
  /// @param width how many numbers of a head turn
  public static double[] frequencies(int width, double theta) {
    double[] frequencies = new double[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = StrictMath.pow(theta, -2.0 * i / width);
    }
    return frequencies;
  }

  /// Tables of at least this many positions.
  public RotaryPositions upTo(int positions) {
    RotaryPositions known = tables;
    int size = known.cosines().shape().dimension(0);
    if (size < positions) {
      known =
          RotaryPositions.ofFrequencies(
              Math.max(positions, Math.min(2 * size, 1 << 20)), frequencies, factor, true);
      tables = known;
    }
    return known;
  }
}
