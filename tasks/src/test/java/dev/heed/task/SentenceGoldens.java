package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.ConfigFile;
import dev.heed.weights.Checkpoint;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// What `sentence_transformers` computed (`tools/goldens/sentences.py`).
final class SentenceGoldens {
  /// Where the tests of this module unpack minilm.
  static final Path HOME = Path.of("target/heed-home").toAbsolutePath();

  private SentenceGoldens() {}

  static Path resource(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(SentenceGoldens.class.getResource("/goldens/" + name), name)
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> texts(String name) {
    return ConfigFile.read(resource("texts.json")).strings(name);
  }

  /// Each component within 10⁻⁴.
  static void requireClose(Checkpoint values, String name, float[] received) {
    float[] expected = values.tensor(name).toFloats();
    assertThat(received).as(name).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(received[i] - expected[i]) <= 1e-4)
          .as("%s at %d: expected %s, received %s", name, i, expected[i], received[i])
          .isTrue();
    }
  }
}
