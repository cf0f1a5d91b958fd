package dev.heed.task;

import java.util.List;

/// The vectors of some texts, in the order of the texts.
///
/// @param vectors one a text, all equally wide
/// @param cut the number of texts that were longer than the model takes, and so were cut
public record Embeddings(List<float[]> vectors, int cut) {
  public Embeddings {
    vectors = List.copyOf(vectors);
  }

  /// The number of texts.
  public int count() {
    return vectors.size();
  }

  /// The vector of the text `index`.
  public float[] vector(int index) {
    return vectors.get(index);
  }
}
