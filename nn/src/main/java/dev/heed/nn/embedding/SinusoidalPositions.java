package dev.heed.nn.embedding;

import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;

/// Fixed waves of many lengths, added to the token's vector: sin and cos of position / 10000^(2i/D)
/// radians. They are computed when a text first is long enough to need them.
///
/// Source: Vaswani et al. 2017, section 3.5.
public final class SinusoidalPositions {
  private static final int FIRST = 64;

  private final int maximum;
  private final int width;
  private final Layout layout;
  private volatile Tensor table; // (positions so far, D)

  /// Where sines and cosines stand in the vector.
  public enum Layout {
    /// sin, cos, sin, cos, … as the paper's formula has it.
    INTERLEAVED,
    /// All sines, then all cosines, as tensor2tensor, fairseq and Marian have it.
    HALVES
  }

  private SinusoidalPositions(int maximum, int width, Layout layout) {
    this.maximum = maximum;
    this.width = width;
    this.layout = layout;
    this.table = Tensor.zeros(Shape.of(0, width), DType.F32);
  }

  /// The waves of `maximum` positions.
  ///
  /// @throws IllegalArgumentException if `width` is odd
  public static SinusoidalPositions of(int maximum, int width, Layout layout) {
    if (width % 2 != 0) {
      throw new IllegalArgumentException("width must be even: received " + width);
    }
    return new SinusoidalPositions(maximum, width, layout);
  }

  /// x [N, D] plus its positions' waves.
  ///
  /// @throws IllegalArgumentException if a sequence is longer than the maximum
  public Tensor apply(Tensor x, Sequences sequences) {
    return apply(x, Positions.of(sequences, maximum));
  }

  /// x [N, D] plus the waves of these positions, I32 [N].
  public Tensor apply(Tensor x, Tensor positions) {
    int last = 0;
    for (int position : positions.toIntArray()) {
      last = Math.max(last, position);
    }
    Tensor known = tableTo(last);
    Tensor same = known.dtype() == x.dtype() ? known : known.to(x.dtype());
    Tensor waves = FusedOperations.embedding(same, positions, 1);
    return Operations.add(x, waves.withShape(x.shape()));
  }

  private Tensor tableTo(int last) {
    Tensor known = table;
    if (last >= known.shape().dimension(0)) {
      known = waves((int) Math.max(last + 1L, Math.min(maximum, Math.max(FIRST, 2L * last))));
      table = known;
    }
    return known;
  }

  private Tensor waves(int positions) {
    float[] values = new float[Math.multiplyExact(positions, width)];
    int half = width / 2;
    for (int i = 0; i < half; i++) {
      double period = StrictMath.pow(10_000, 2.0 * i / width);
      int sine = layout == Layout.INTERLEAVED ? 2 * i : i;
      int cosine = layout == Layout.INTERLEAVED ? 2 * i + 1 : i + half;
      for (int position = 0; position < positions; position++) {
        double angle = position / period;
        values[position * width + sine] = (float) StrictMath.sin(angle);
        values[position * width + cosine] = (float) StrictMath.cos(angle);
      }
    }
    // A copy, because a step's tensors end with it and this is kept.
    return Tensor.of(values, positions, width).copy();
  }
}
