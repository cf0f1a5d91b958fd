package dev.heed.tensor;

import java.util.Arrays;

/// The extent of each dimension, outermost first. A scalar has no dimension and one element.
///
/// @param dimensions the extents, each 0 or more
public record Shape(int... dimensions) {
  private static final double MOST_ELEMENTS = 0x1p60;

  public Shape {
    dimensions = dimensions.clone();
    double elements = 1; // exact enough to notice what a long cannot count
    for (int extent : dimensions) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "a dimension must be 0 or more: received " + Arrays.toString(dimensions));
      }
      elements *= extent;
    }
    if (elements > MOST_ELEMENTS) {
      throw new IllegalArgumentException(
          "a shape must have fewer than 2^60 elements: received " + Arrays.toString(dimensions));
    }
  }

  /// A shape with these extents.
  public static Shape of(int... dimensions) {
    return new Shape(dimensions);
  }

  @Override
  public int[] dimensions() {
    return dimensions.clone();
  }

  /// The number of dimensions.
  public int rank() {
    return dimensions.length;
  }

  /// The extent of dimension `axis`; a negative axis counts from the end.
  public int dimension(int axis) {
    int index = axis < 0 ? axis + dimensions.length : axis;
    if (index < 0 || index >= dimensions.length) {
      throw new IndexOutOfBoundsException(
          "axis must be in -" + rank() + "…" + (rank() - 1) + ": received " + axis);
    }
    return dimensions[index];
  }

  /// The number of elements.
  public long elements() {
    long elements = 1;
    for (int extent : dimensions) {
      elements *= extent;
    }
    return elements;
  }

  /// The extent of the last dimension, 1 for a scalar: the width of a row.
  public int width() {
    return rank() == 0 ? 1 : dimensions[rank() - 1];
  }

  /// The number of rows when all dimensions but the last are taken as one.
  public int rows() {
    long rows = 1;
    for (int i = 0; i < dimensions.length - 1; i++) {
      rows *= dimensions[i];
    }
    return Math.toIntExact(rows);
  }

  /// This shape with another extent for the last dimension.
  public Shape withWidth(int width) {
    if (rank() == 0) {
      throw new IllegalStateException("a scalar has no last dimension");
    }
    int[] changed = dimensions.clone();
    changed[changed.length - 1] = width;
    return new Shape(changed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dimensions, shape.dimensions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dimensions);
  }

  @Override
  public String toString() {
    return Arrays.toString(dimensions);
  }
}
