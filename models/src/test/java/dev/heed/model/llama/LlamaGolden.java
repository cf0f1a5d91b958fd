package dev.heed.model.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.CausalModel;
import dev.heed.model.ModelDirectory;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// What `transformers` computed with tiny models of Llama's kind (`tools/goldens/llama.py`).
final class LlamaGolden {
  static final List<String> NAMES =
      List.of("llama-linear", "llama-llama3", "llama-yarn", "mistral", "qwen2", "qwen3", "gemma3");

  /// How far a whole model may be off in F32, relative to the largest number of the tensor.
  private static final double RELATIVE = 1e-4;

  private final String name;
  private final Checkpoint values;

  LlamaGolden(String name) {
    this.name = name;
    this.values = Checkpoint.open(resource("goldens/llama/" + name + "-values.safetensors"));
  }

  static List<String> names() {
    return NAMES;
  }

  Path directory() {
    return resource("goldens/llama/" + name);
  }

  Llama load() {
    return (Llama) ModelDirectory.open(directory(), CausalModel.class);
  }

  int[] ids(String key) {
    return Arrays.stream(values.tensor(key).toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  double[] numbers(String key) {
    return values.tensor(key).toDoubles();
  }

  void requireClose(String key, Tensor received) {
    assertThat(received.shape()).as(key).isEqualTo(values.tensor(key).shape());
    requireClose(key, received.toDoubleArray());
  }

  void requireClose(String key, double[] received) {
    double[] expected = numbers(key);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).as("%s says something", key).isPositive();
    assertThat(received).as(key).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double distance = Math.abs(received[i] - expected[i]); // NaN fails below
      assertThat(distance <= RELATIVE * largest)
          .as("%s at %d: expected %s, received %s", key, i, expected[i], received[i])
          .isTrue();
    }
  }

  private static Path resource(String path) {
    URL url = Objects.requireNonNull(LlamaGolden.class.getResource("/" + path), path);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
