package dev.heed.model.llama;

import dev.heed.nn.embedding.RotaryPositions;

/// The angles of a layer's rotary positions. Their tables grow with the longest text seen: a model
/// may read texts of which few are ever that long.
final class RotaryAngles {
  private static final int FIRST = 512;

  private final double[] frequencies;
  private final double factor;
  private volatile RotaryPositions tables;

  RotaryAngles(int headWidth, double theta, RotaryScaling scaling) {
    double[] usual = new double[headWidth / 2];
    for (int i = 0; i < usual.length; i++) {
      usual[i] = StrictMath.pow(theta, -2.0 * i / headWidth);
    }
    this.frequencies = scaling.scaled(usual, theta);
    this.factor = scaling.attentionFactor();
    this.tables = RotaryPositions.ofFrequencies(FIRST, frequencies, factor, true);
  }

  /// Tables of at least this many positions.
  RotaryPositions upTo(int positions) {
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
