package dev.heed.model.gpt2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/// What `transformers` computed with a tiny GPT-2 (`tools/goldens/gpt2.py`).
public final class Gpt2Golden {
  /// How far a whole model may be off in F32, relative to the largest number of the tensor.
  static final double RELATIVE = 1e-4;

  private static final Checkpoint VALUES =
      Checkpoint.open(resource("goldens/gpt2-values.safetensors"));

  private Gpt2Golden() {}

  /// The directory as `save_pretrained` wrote it.
  public static Path directory() {
    return resource("goldens/gpt2");
  }

  /// Token ids by their name in the script.
  public static int[] ids(String name) {
    return Arrays.stream(VALUES.tensor(name).toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  /// Numbers by their name in the script.
  public static double[] numbers(String name) {
    return VALUES.tensor(name).toDoubles();
  }

  static void requireClose(String name, Tensor received) {
    assertThat(received.shape()).as(name).isEqualTo(VALUES.tensor(name).shape());
    requireClose(name, received.toDoubleArray());
  }

  /// Each number within [#RELATIVE] of the largest expected one.
  static void requireClose(String name, double[] received) {
    double[] expected = numbers(name);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).as("%s says something", name).isPositive();
    assertThat(received).as(name).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double distance = Math.abs(received[i] - expected[i]); // NaN fails below
      assertThat(distance <= RELATIVE * largest)
          .as("%s at %d: expected %s, received %s", name, i, expected[i], received[i])
          .isTrue();
    }
  }

  private static Path resource(String path) {
    URL url = Objects.requireNonNull(Gpt2Golden.class.getResource("/" + path), path);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
