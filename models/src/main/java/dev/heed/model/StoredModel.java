package dev.heed.model;

import dev.heed.nn.Layer;
import java.nio.file.Path;
import java.util.List;

/// A model that Hugging Face's libraries open: a [Layer] that knows its files.
public interface StoredModel {
  /// Where its parameters stand in a checkpoint.
  WeightNames weightNames();

  /// The files beside the weights; `config.json` last.
  List<ConfigFile> files();

  /// All of its parameters.
  default Layer layer() {
    return (Layer) this;
  }

  /// Writes a directory that Hugging Face's class of the family opens: weights and configuration.
  ///
  /// @throws java.io.UncheckedIOException if a file cannot be written
  /// @throws IllegalStateException if the model has a low-rank update, which [Lora] saves
  default void save(Path directory) {
    if (Lora.isOn(layer())) {
      throw new IllegalStateException(
          "a model with a low-rank update must be merged before it is saved whole");
    }
    ModelDirectory.save(
        directory, weightNames().stored(layer()), files().toArray(ConfigFile[]::new));
  }
}
