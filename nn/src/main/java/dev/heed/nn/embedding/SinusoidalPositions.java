package dev.heed.nn.embedding;

import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// Fixed waves of many lengths, added to the token's vector: sin and cos of position / 10000^(2i/D)
/// radians.
///
/// Source: Vaswani et al. 2017, section 3.5.
///
/// @param table [positions, D]
public record SinusoidalPositions(Tensor table) {
  /// Where sines and cosines stand in the vector.
  public enum Layout {
    /// sin, cos, sin, cos, … as the paper's formula has it.
    INTERLEAVED,
    /// All sines, then all cosines, as tensor2tensor, fairseq and Marian have it.
    HALVES
  }

  /// The waves of `maximum` positions.
  ///
  /// @throws IllegalArgumentException if `width` is odd
  public static SinusoidalPositions of(int maximum, int width, Layout layout) {
    if (width % 2 != 0) {
      throw new IllegalArgumentException("width must be even: received " + width);
    }
    float[] values = new float[maximum * width];
    int half = width / 2;
    for (int position = 0; position < maximum; position++) {
      for (int i = 0; i < half; i++) {
        double angle = position / StrictMath.pow(10_000, 2.0 * i / width);
        int sine = layout == Layout.INTERLEAVED ? 2 * i : i;
        int cosine = layout == Layout.INTERLEAVED ? 2 * i + 1 : i + half;
        values[position * width + sine] = (float) StrictMath.sin(angle);
        values[position * width + cosine] = (float) StrictMath.cos(angle);
      }
    }
    return new SinusoidalPositions(Tensor.of(values, maximum, width));
  }

  /// x [N, D] plus its positions' waves.
  ///
  /// @throws IllegalArgumentException if a sequence is longer than the table
  public Tensor apply(Tensor x, Sequences sequences) {
    Positions.requireAtMost(table.shape().dimension(0), sequences);
    Tensor same = table.dtype() == x.dtype() ? table : table.to(x.dtype());
    Tensor waves = FusedOperations.embedding(same, Positions.of(sequences), 1);
    return Operations.add(x, waves.withShape(x.shape()));
  }
}
