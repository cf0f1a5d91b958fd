package dev.heed.nn.attention;

import dev.heed.nn.Linear;

/// A layer that attends in several heads, whose results stand side by side before a last
/// projection.
public interface AttentionHeads {
  /// The number of heads H.
  int heads();

  /// The last projection: the input has the heads' results side by side.
  Linear output();

  /// Takes a head out: its slice of the last projection is zero, and stays so in training.
  ///
  /// Source: Michel et al. 2019. Differs: the head keeps its place, so that the model's shape, and
  /// who opens it, stay the same.
  ///
  /// @throws IndexOutOfBoundsException if there is no such head
  default void prune(int head) {
    int width = output().weight().shape().width() / heads();
    output().prune(head * width, (head + 1) * width);
  }
}
