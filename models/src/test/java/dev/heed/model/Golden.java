package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Layer;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/// What `transformers` computed with a tiny model of random weights (`tools/goldens`).
public final class Golden {
  /// How far a whole model may be off in F32, relative to the largest number of the tensor.
  private static final double RELATIVE = 1e-4;

  private final String name;
  private final Checkpoint values;

  /// The golden of `name`: the folder `goldens/name` and `goldens/name-values.safetensors`.
  public Golden(String name) {
    this.name = name;
    this.values = Checkpoint.open(resource("goldens/" + name + "-values.safetensors"));
  }

  /// The directory as `save_pretrained` wrote it.
  public Path directory() {
    return resource("goldens/" + name);
  }

  /// The weights in it.
  public List<StoredTensor> stored() {
    Checkpoint checkpoint = Checkpoint.open(directory());
    return checkpoint.names().stream().map(checkpoint::tensor).toList();
  }

  /// The names of the values that begin with `prefix`.
  public List<String> names(String prefix) {
    return values.names().stream().filter(value -> value.startsWith(prefix)).toList();
  }

  public boolean has(String value) {
    return values.contains(value);
  }

  /// Token ids, labels and the like.
  public int[] integers(String value) {
    return Arrays.stream(values.tensor(value).toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  /// Token ids, labels and the like.
  public Tensor integerTensor(String value) {
    int[] integers = integers(value);
    return Tensor.of(integers, integers.length);
  }

  /// The texts of the batch, by their lengths.
  public Sequences sequences() {
    return sequences("lengths");
  }

  /// The texts of the batch, by the name of their lengths.
  public Sequences sequences(String lengths) {
    return Sequences.ofLengths(integers(lengths));
  }

  public double[] numbers(String value) {
    return values.tensor(value).toDoubles();
  }

  public Tensor tensor(String value) {
    StoredTensor stored = values.tensor(value);
    return Tensor.of(stored.toFloats(), stored.shape().dimensions());
  }

  /// The same shape, and each number within 10⁻⁴ of the largest expected one.
  public void requireClose(String value, Tensor received) {
    assertThat(received.shape()).as(value).isEqualTo(values.tensor(value).shape());
    requireClose(value, received.toDoubleArray());
  }

  /// Each number within 10⁻⁴ of the largest expected one.
  public void requireClose(String value, double[] received) {
    double[] expected = numbers(value);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).as("%s says something", value).isPositive();
    requireWithin(value, received, RELATIVE * largest);
  }

  /// Each number within `distance` of the expected one.
  public void requireWithin(String value, double[] received, double distance) {
    double[] expected = numbers(value);
    assertThat(received).as(value).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double off = Math.abs(received[i] - expected[i]); // NaN fails below
      assertThat(off <= distance)
          .as("%s at %d: expected %s, received %s", value, i, expected[i], received[i])
          .isTrue();
    }
  }

  /// After `backward`: all gradients of `model` are those of the file, which has no others.
  ///
  /// @param names of the model's tensors
  /// @param prefix what the file's names may lack
  /// @param adjust changes what was received where it cannot be equal, by the name in the file
  public void requireGradients(
      Layer model, WeightNames names, String prefix, BiConsumer<String, double[]> adjust) {
    // Gradients have the shapes of their parameters, so they are named as weights are.
    Layer gradients = ModelDirectory.open(directory(), Layer.class);
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((parameter, value) ->
            Objects.requireNonNull(to.get(parameter))
                .share(Objects.requireNonNull(value.gradient(), parameter)));
    List<StoredTensor> all = names.stored(gradients);
    for (StoredTensor stored : all) {
      String full = "gradient." + stored.name();
      String value = has(full) ? full : full.replaceFirst("gradient\\." + prefix, "gradient.");
      double[] received = stored.toDoubles();
      adjust.accept(value, received);
      // A key's bias moves all scores of a row alike: no gradient but rounding.
      if (value.matches(".*(key|k_lin|attn\\.k)\\.bias")) {
        requireWithin(value, received, 1e-3);
      } else {
        requireClose(value, received);
      }
    }
    assertThat(names("gradient.")).hasSize(all.size());
  }

  private static Path resource(String path) {
    URL url = Objects.requireNonNull(Golden.class.getResource("/" + path), path);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
