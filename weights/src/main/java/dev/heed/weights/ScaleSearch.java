package dev.heed.weights;

/// Finds the scale and the minimum with which small integers come nearest to some values: x ≈ scale
/// · q − minimum. Large values count more, because they do more in a product.
///
/// A range of scales is tried; each gives integers, and for given integers the best scale and
/// minimum are a straight line through points (q, x), which weighted least squares finds.
final class ScaleSearch {
  /// The first scale tried spreads the values over one step less than there is, the last over one
  /// more.
  private static final int CANDIDATES = 21;

  private static final float STEP = 0.1f;

  /// @param minimum 0 or more: what is subtracted
  record Fit(float scale, float minimum) {}

  private ScaleSearch() {}

  /// The fit of `count` values from `first` with integers from 0 to `largest`.
  static Fit search(float[] values, int first, int count, int largest) {
    float[] x = new float[count];
    float[] weights = new float[count];
    float low = 0;
    float high = Float.NEGATIVE_INFINITY;
    float squares = 0;
    for (int i = 0; i < count; i++) {
      x[i] = values[first + i];
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
      squares += x[i] * x[i];
    }
    // All values are 0, or the same negative one: the minimum alone says it.
    if (low == high) {
      return new Fit(0, -low);
    }
    float level = (float) Math.sqrt(squares / count);
    for (int i = 0; i < count; i++) {
      weights[i] = level + Math.abs(x[i]);
    }
    Fit best = new Fit((high - low) / largest, -low);
    int[] q = new int[count];
    round(x, q, low, largest / (high - low), largest);
    float bestError = error(x, q, weights, best);
    for (int candidate = 0; candidate < CANDIDATES; candidate++) {
      float steps = largest - 1 + STEP * candidate;
      round(x, q, low, steps / (high - low), largest);
      Fit fit = line(x, q, weights);
      float error = error(x, q, weights, fit);
      if (error < bestError) {
        best = fit;
        bestError = error;
      }
    }
    return best;
  }

  private static void round(float[] x, int[] q, float low, float inverseScale, int largest) {
    for (int i = 0; i < x.length; i++) {
      q[i] = Math.clamp((int) Math.rint((x[i] - low) * inverseScale), 0, largest);
    }
  }

  /// The line through the points (q, x), at or below 0 for q = 0.
  private static Fit line(float[] x, int[] q, float[] weights) {
    double w = 0;
    double wq = 0;
    double wx = 0;
    double wqq = 0;
    double wqx = 0;
    for (int i = 0; i < x.length; i++) {
      w += weights[i];
      wq += weights[i] * q[i];
      wx += weights[i] * x[i];
      wqq += weights[i] * q[i] * q[i];
      wqx += weights[i] * q[i] * x[i];
    }
    double determinant = w * wqq - wq * wq;
    double offset = determinant > 0 ? (wqq * wx - wq * wqx) / determinant : 0;
    if (determinant > 0 && offset <= 0) {
      return new Fit((float) ((w * wqx - wq * wx) / determinant), (float) -offset);
    }
    return new Fit(wqq > 0 ? (float) (wqx / wqq) : 0, 0);
  }

  private static float error(float[] x, int[] q, float[] weights, Fit fit) {
    float error = 0;
    for (int i = 0; i < x.length; i++) {
      float difference = fit.scale() * q[i] - fit.minimum() - x[i];
      error += weights[i] * difference * difference;
    }
    return error;
  }
}
