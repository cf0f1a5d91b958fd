package dev.heed.weights;

import dev.heed.tensor.Shape;
import java.util.Arrays;

/// Shapes as files give them: extents that nobody has checked.
final class StoredShapes {
  /// No tensor of a neural network comes near; it bounds what a hostile shape costs.
  static final int MAX_RANK = 32;

  private StoredShapes() {}

  /// A shape of these extents.
  ///
  /// @param where file and tensor, for the message
  static Shape of(String where, long[] extents) {
    if (extents.length > MAX_RANK) {
      throw new WeightsException(
          where + ": expected at most " + MAX_RANK + " dimensions: found " + extents.length);
    }
    int[] dimensions = new int[extents.length];
    long elements = 1;
    for (int i = 0; i < extents.length; i++) {
      // Bounded by the largest element count of 8 bytes each that a long can address; zero-sized
      // dimensions do not excuse the others.
      long factor = Math.max(1, extents[i]);
      if (extents[i] < 0
          || extents[i] > Integer.MAX_VALUE
          || elements > Long.MAX_VALUE / 8 / factor) {
        throw new WeightsException(
            where
                + ": expected extents from 0 to 2^31 - 1 whose product is below 2^60: found "
                + Arrays.toString(extents));
      }
      elements *= factor;
      dimensions[i] = (int) extents[i];
    }
    return new Shape(dimensions);
  }
}
