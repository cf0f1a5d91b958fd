package dev.heed.tensor;

import java.util.Arrays;

/// Where each sequence starts among packed token rows: sequence `i` has the rows `starts[i]` …
/// `starts[i + 1]` − 1. Sequences may have different lengths, or none; nothing is padded.
///
/// @param starts the first row of each sequence, and at the end the number of rows; begins with 0
public record Sequences(int... starts) {
  public Sequences {
    starts = starts.clone();
    if (starts.length == 0 || starts[0] != 0) {
      throw new IllegalArgumentException(
          "sequence starts must begin with 0: received " + Arrays.toString(starts));
    }
    for (int i = 1; i < starts.length; i++) {
      if (starts[i] < starts[i - 1]) {
        throw new IllegalArgumentException(
            "sequence starts must not decrease: received " + Arrays.toString(starts));
      }
    }
  }

  /// Sequences of these lengths, one after the other.
  public static Sequences ofLengths(int... lengths) {
    int[] starts = new int[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = Math.addExact(starts[i], lengths[i]);
    }
    return new Sequences(starts);
  }

  /// The sequences of a tensor of token rows: one for shape [T, D], B of length T for [B, T, D].
  public static Sequences of(Tensor rows) {
    int[] dimensions = rows.shape().dimensions();
    int length = rows.shape().dimension(-2);
    int count = Shape.of(Arrays.copyOf(dimensions, dimensions.length - 1)).rows();
    int[] lengths = new int[count];
    Arrays.fill(lengths, length);
    return ofLengths(lengths);
  }

  @Override
  public int[] starts() {
    return starts.clone();
  }

  /// The number of sequences.
  public int count() {
    return starts.length - 1;
  }

  /// The number of token rows of all sequences.
  public int rows() {
    return starts[starts.length - 1];
  }

  /// The first row of sequence `index`.
  public int start(int index) {
    return starts[index];
  }

  /// The number of rows of sequence `index`.
  public int length(int index) {
    return starts[index + 1] - starts[index];
  }

  /// The length of the longest sequence, 0 when there is none.
  public int longest() {
    int longest = 0;
    for (int i = 0; i < count(); i++) {
      longest = Math.max(longest, length(i));
    }
    return longest;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sequences sequences && Arrays.equals(starts, sequences.starts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(starts);
  }

  @Override
  public String toString() {
    return "Sequences" + Arrays.toString(starts);
  }
}
