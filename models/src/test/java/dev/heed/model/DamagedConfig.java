package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Layer;
import dev.heed.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The golden models with another `config.json`, and what opening promises then: the model, or a
/// [ModelException] before memory is taken.
final class DamagedConfig {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");

  private DamagedConfig() {}

  /// The directories of all golden models that open.
  static List<Path> models() throws IOException {
    try (Stream<Path> all = Files.walk(GOLDENS)) {
      return all.filter(path -> path.endsWith("config.json"))
          .map(Path::getParent)
          .filter(directory -> Files.exists(directory.resolve("model.safetensors")))
          .filter(DamagedConfig::opens)
          .sorted()
          .toList();
    }
  }

  private static boolean opens(Path directory) {
    try {
      ModelDirectory.open(directory, Layer.class);
      return true;
    } catch (ModelException | WeightsException e) {
      return false;
    }
  }

  /// A new folder in `parent` with the weights of `model`.
  static Path withWeightsOf(Path model, Path parent) throws IOException {
    Path folder = Files.createTempDirectory(parent, "config");
    Files.copy(model.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    return folder;
  }

  /// Whether the model in `folder` opens with this configuration.
  static boolean open(Path folder, byte[] config) {
    try {
      Files.write(folder.resolve("config.json"), config);
      ModelDirectory.open(folder, Layer.class);
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ModelException | WeightsException e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }
}
