package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Resources;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Five steps of each optimizer against PyTorch's (`tools/goldens/training.py`).
class OptimizerTest {
  private static final double[] RATES = {0.1, 0.05, 0.2, 0.1, 0.01};

  private final Checkpoint golden = Resources.open("goldens/optimizers.safetensors");

  private static void give(Parameter parameter, Tensor gradient) {
    Operations.sum(Operations.multiply(parameter, gradient)).backward();
  }

  private Map<String, Parameter> parameters(DType dtype) {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (String name : new String[] {"weight", "bias"}) {
      parameters.put(name, Parameter.of(Resources.tensor(golden.tensor(name), dtype)));
    }
    return parameters;
  }

  private void agrees(
      String name, DType dtype, double clipNorm, Function<Map<String, Parameter>, Optimizer> make) {
    Map<String, Parameter> parameters = parameters(dtype);
    Optimizer optimizer = make.apply(parameters);
    for (int step = 1; step <= RATES.length; step++) {
      for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
        String stored = "gradient." + step + "." + entry.getKey();
        give(entry.getValue(), Resources.tensor(golden.tensor(stored), dtype));
      }
      double scale = 1;
      if (clipNorm > 0) {
        double norm = optimizer.gradientNorm();
        double expected = golden.tensor(name + "." + step + ".norm").toDoubles()[0];
        assertThat(norm).isCloseTo(expected, within(1e-5 * expected));
        scale = Math.min(1, clipNorm / (norm + 1e-6));
      }
      optimizer.step(step, RATES[step - 1], scale);
      optimizer.clearGradients();
      for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
        String stored = name + "." + step + "." + entry.getKey();
        Closeness.requireClose(
            stored,
            entry.getValue().toDoubleArray(),
            golden.tensor(stored).toDoubles(),
            dtype == DType.F64 ? 1e-12 : 1e-5);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void gradientDescentAgreesWithPyTorch(DType dtype) {
    agrees("sgd", dtype, 0, parameters -> new Sgd(parameters, 0));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void momentumAgreesWithPyTorch(DType dtype) {
    agrees("momentum", dtype, 0, parameters -> new Sgd(parameters, 0.9));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void adamAgreesWithPyTorch(DType dtype) {
    agrees("adam", dtype, 0, parameters -> new AdamW(parameters, AdamW.Configuration.withDecay(0)));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void decoupledDecayOfMatricesAloneAgreesWithPyTorch(DType dtype) {
    agrees(
        "adamw",
        dtype,
        0,
        parameters -> new AdamW(parameters, new AdamW.Configuration(0.8, 0.95, 1e-8, 0.1)));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void clippingAgreesWithPyTorch(DType dtype) {
    agrees("clipped", dtype, 4, parameters -> new Sgd(parameters, 0));
  }

  @Test
  void leavesFrozenParametersAndThoseWithoutAGradient() {
    Map<String, Parameter> parameters = parameters(DType.F32);
    Parameter weight = parameters.values().iterator().next();
    float[] before = weight.toFloatArray();
    AdamW optimizer = new AdamW(parameters, AdamW.Configuration.withDecay(0.5));
    optimizer.step(1, 0.1, 1);
    assertThat(weight.toFloatArray()).isEqualTo(before);
    give(weight, weight.copy());
    weight.setFrozen(true);
    optimizer.step(2, 0.1, 1);
    assertThat(weight.toFloatArray()).isEqualTo(before);
    assertThat(optimizer.state()).isEmpty();
    weight.setFrozen(false);
    give(weight, weight.copy());
    optimizer.step(3, 0.1, 1);
    assertThat(weight.toFloatArray()).isNotEqualTo(before);
  }

  @Test
  void refusesImpossibleSettings() {
    assertThatThrownBy(() -> new Sgd(Map.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("momentum must be in [0, 1): received 1.0");
    assertThatThrownBy(() -> new AdamW.Configuration(0.9, 1, 1e-8, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("betas must be in [0, 1): received 0.9 and 1.0");
  }

  @Test
  void averagesAreKeptOverCheckpointsAndTakenAtTheEnd() {
    Parameter weight = Parameter.of(Tensor.of(new float[] {1}, 1));
    Optimizer optimizer = new Sgd(Map.of("weight", weight), 0);
    optimizer.keepAverages(0.25);
    double average = 0;
    double value = 1;
    for (int step = 1; step <= 6; step++) {
      give(weight, Tensor.of(new float[] {2}, 1));
      optimizer.step(step, 0.1, 1);
      optimizer.clearGradients();
      value -= 0.2;
      double decay = Math.min(0.25, (step - 1) / (step + 9.0));
      average = decay * average + (1 - decay) * value;
      if (step == 3) { // as after a restart
        Optimizer next = new Sgd(Map.of("weight", weight), 0);
        next.keepAverages(0.25);
        next.restore(optimizer.state());
        optimizer = next;
      }
    }
    assertThat(weight.toDoubleArray()[0]).isCloseTo(value, within(1e-6));
    optimizer.useAverages();
    assertThat(weight.toDoubleArray()[0]).isCloseTo(average, within(1e-6));
    Optimizer plain = new Sgd(Map.of("weight", weight), 0);
    assertThatThrownBy(plain::useAverages).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> plain.keepAverages(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("decay must be in (0, 1): received 1.0");
  }
}
