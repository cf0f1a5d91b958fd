package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/// What a model's blocks give when they are computed again in the backward pass.
public final class Recomputed {
  private Recomputed() {}

  /// Every parameter has the same gradient, bit for bit, as without.
  public static void requireSameGradients(Layer model, Supplier<Tensor> loss) {
    Map<String, float[]> expected = gradients(model, loss);
    Map<String, float[]> received = Recomputation.during(() -> gradients(model, loss));
    assertThat(received).hasSameSizeAs(expected).isNotEmpty();
    expected.forEach((name, bits) -> assertThat(received.get(name)).as(name).isEqualTo(bits));
  }

  private static Map<String, float[]> gradients(Layer model, Supplier<Tensor> loss) {
    return new StepMemory()
        .step(() -> {
          loss.get().backwardAndFree();
          Map<String, float[]> gradients = new LinkedHashMap<>();
          model
              .parameters()
              .forEach((name, parameter) -> {
                gradients.put(
                    name, Objects.requireNonNull(parameter.gradient(), name).toFloatArray());
                parameter.clearGradient();
              });
          return gradients;
        });
  }
}
