package dev.heed.nn.embedding;

import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// Position ids of packed token rows.
public final class Positions {
  private Positions() {}

  /// 0, 1, 2 … from the start of each sequence: I32 [N].
  public static Tensor of(Sequences sequences) {
    int[] ids = new int[sequences.rows()];
    for (int i = 0; i < sequences.count(); i++) {
      for (int t = 0; t < sequences.length(i); t++) {
        ids[sequences.start(i) + t] = t;
      }
    }
    return Tensor.of(ids, ids.length);
  }

  /// The same of sequences that must not be longer than `maximum`.
  ///
  /// @throws IllegalArgumentException if one is
  public static Tensor of(Sequences sequences, int maximum) {
    requireAtMost(maximum, sequences);
    return of(sequences);
  }

  static void requireAtMost(int maximum, Sequences sequences) {
    if (sequences.longest() > maximum) {
      throw new IllegalArgumentException(
          "a sequence must have at most %d tokens: received %d"
              .formatted(maximum, sequences.longest()));
    }
  }
}
