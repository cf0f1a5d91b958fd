package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import dev.heed.tensor.testing.GradientCheck;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What PyTorch computed for a layer (`tools/goldens/layers.py`): its inputs, parameters, output,
/// and the gradients of all of them.
public final class Golden {
  /// How far a kernel may be off in F32, relative to the largest number of the tensor.
  public static final double OPERATION = 1e-5;

  /// A block is some ten operations, one after the other.
  public static final double BLOCK = 1e-4;

  private static final double DOUBLE = 1e-10;

  private final String name;
  private final Checkpoint file;
  private final DType dtype;
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();

  private Golden(String name, DType dtype) {
    this.name = name;
    this.file = Resources.open("goldens/" + name + ".safetensors");
    this.dtype = dtype;
    for (String stored : file.names()) {
      if (stored.startsWith("in.")) {
        Tensor input = Resources.tensor(file.tensor(stored), dtype);
        inputs.put(stored.substring(3), input.requireGradient(input.dtype().isFloating()));
      }
    }
  }

  /// An input by its name in the script.
  public Tensor input(String key) {
    Tensor input = inputs.get(key);
    assertThat(input).as("input %s of %s", key, name).isNotNull();
    return input;
  }

  /// Holds `layer` against the golden in F64 and, with a tolerance, in F32; and its gradients
  /// against finite differences. The layer's parameters are replaced by the golden's.
  ///
  /// @param layer null where there is nothing to learn
  /// @param tolerance for F32, [#OPERATION] or [#BLOCK]
  /// @param computation the output from the golden's inputs
  public static void check(
      String name, @Nullable Layer layer, double tolerance, Function<Golden, Tensor> computation) {
    Map<String, Parameter> parameters = layer == null ? Map.of() : layer.parameters();
    Golden exact = new Golden(name, DType.F64);
    exact.holds(parameters, DOUBLE, computation);
    List<Tensor> variables = new ArrayList<>(parameters.values());
    exact.inputs.values().stream().filter(Tensor::requiresGradient).forEach(variables::add);
    GradientCheck.check(() -> computation.apply(exact), variables.toArray(Tensor[]::new));
    new Golden(name, DType.F32).holds(parameters, tolerance, computation);
  }

  private void holds(
      Map<String, Parameter> parameters, double tolerance, Function<Golden, Tensor> computation) {
    List<String> stored =
        file.names().stream().filter(key -> key.startsWith("param.")).map(Golden::bare).toList();
    assertThat(parameters.keySet())
        .as("parameters of " + name)
        .containsExactlyInAnyOrderElementsOf(stored);
    parameters.forEach((key, parameter) -> {
      parameter.convertTo(dtype);
      parameter.copyFrom(Resources.tensor(file.tensor("param." + key), dtype));
      parameter.clearGradient();
    });
    Tensor out = computation.apply(this);
    requireClose("out", out, tolerance);
    out.backward(Resources.tensor(file.tensor("seed"), dtype));
    parameters.forEach(
        (key, parameter) -> requireClose("grad.param." + key, parameter.gradient(), tolerance));
    inputs.forEach((key, input) -> {
      if (input.requiresGradient()) {
        requireClose("grad.in." + key, input.gradient(), tolerance);
      }
    });
  }

  private static String bare(String key) {
    return key.substring("param.".length());
  }

  private void requireClose(String key, @Nullable Tensor received, double tolerance) {
    StoredTensor expected = file.tensor(key);
    String what = name + " " + key + " in " + dtype;
    assertThat(received).as(what).isNotNull();
    assertThat(received.shape()).as(what).isEqualTo(expected.shape());
    double[] numbers = received.toDoubleArray();
    if (key.endsWith("key.bias")) {
      // It moves all scores of a row alike, so its gradient is 0: what comes is rounding, as large
      // as
      // the weight's gradient lets it be.
      double scale = Closeness.largest(file.tensor(key.replace("bias", "weight")).toDoubles());
      assertThat(Closeness.largest(numbers)).as(what).isLessThanOrEqualTo(tolerance * scale);
    } else {
      Closeness.requireClose(what, numbers, expected.toDoubles(), tolerance);
    }
  }
}
