package dev.heed.cli;

import dev.heed.task.SentenceEmbedder;
import java.nio.file.Path;

/// Which model turns texts into vectors: the one that `--model` names, else minilm.
final class Embedders {
  /// An embedder and its directory.
  record Chosen(SentenceEmbedder embedder, Path directory) {}

  private Embedders() {}

  /// Loads the model; says on standard error which one, when it was not named.
  static Chosen load(HeedCommand heed) {
    Path directory = SavedModels.orMiniLm(heed);
    return new Chosen(SentenceEmbedder.load(directory), directory);
  }
}
