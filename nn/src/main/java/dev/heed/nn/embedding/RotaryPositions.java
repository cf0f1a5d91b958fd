package dev.heed.nn.embedding;

import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Tensor;

/// Turns each pair of a query's or key's numbers by an angle that grows with its position, so that
/// a query–key product depends on their distance alone.
///
/// Source: Su et al. 2021 (RoFormer).
///
/// @param cosines [positions, pairs]
/// @param sines [positions, pairs]
/// @param halves whether number i pairs with i + pairs (Llama's checkpoints), else 2i with 2i + 1
///   (the paper)
public record RotaryPositions(Tensor cosines, Tensor sines, boolean halves) {
  /// The angles position · theta^(−2i/width) radians.
  ///
  /// @param width how many numbers of a head turn; even
  public static RotaryPositions of(int maximum, int width, double theta, boolean halves) {
    if (width % 2 != 0) {
      throw new IllegalArgumentException("width must be even: received " + width);
    }
    return ofFrequencies(maximum, RotaryAngles.frequencies(width, theta), 1, halves);
  }

  /// The angles position · frequency radians, one for each pair.
  ///
  /// @param factor what sines and cosines are multiplied with
  public static RotaryPositions ofFrequencies(
      int maximum, double[] frequencies, double factor, boolean halves) {
    int pairs = frequencies.length;
    float[] cosines = new float[maximum * pairs];
    float[] sines = new float[maximum * pairs];
    for (int position = 0; position < maximum; position++) {
      for (int i = 0; i < pairs; i++) {
        double angle = position * frequencies[i];
        cosines[position * pairs + i] = (float) (factor * StrictMath.cos(angle));
        sines[position * pairs + i] = (float) (factor * StrictMath.sin(angle));
      }
    }
    // Copies, because a step's tensors end with it and these are kept.
    return new RotaryPositions(
        Tensor.of(cosines, maximum, pairs).copy(), Tensor.of(sines, maximum, pairs).copy(), halves);
  }

  /// x [N, heads·Dh] turned; positions I32 [N].
  public Tensor apply(Tensor x, int heads, Tensor positions) {
    Tensor cos = cosines.dtype() == x.dtype() ? cosines : cosines.to(x.dtype());
    Tensor sin = sines.dtype() == x.dtype() ? sines : sines.to(x.dtype());
    return FusedOperations.rotate(x, heads, cos, sin, positions, halves);
  }
}
