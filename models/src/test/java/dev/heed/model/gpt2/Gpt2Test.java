package dev.heed.model.gpt2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Initializer;
import dev.heed.nn.Trace;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.StoredTensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class Gpt2Test {
  private static final int[] IDS = Gpt2Golden.ids("input_ids");

  private final Gpt2 model = Gpt2.load(Gpt2Golden.directory());

  @Test
  void logitsAndInnerValuesAreThoseOfTransformers() {
    Trace.Traced<Tensor> traced = Trace.of(() -> hidden(IDS));
    assertThat(traced.values())
        .containsOnlyKeys(
            "hidden_states.0",
            "hidden_states.1",
            "hidden_states.2",
            "attentions.0",
            "attentions.1");
    traced.values().forEach(Gpt2Golden::requireClose);
    Gpt2Golden.requireClose("logits", model.logits(traced.result()));
  }

  @Test
  void lossAndGradientsOfAllParametersAreThoseOfTransformers() {
    model.setFrozen(false);
    int targets = IDS.length - 1;
    int[] next = Arrays.copyOf(Arrays.copyOfRange(IDS, 1, IDS.length), IDS.length);
    next[targets] = -1; // nothing comes after the last token
    Tensor loss = model.loss(tensor(IDS), Sequences.ofLengths(IDS.length), tensor(next));
    loss.backward();
    assertThat(loss.item() / targets).isCloseTo(Gpt2Golden.numbers("loss")[0], within(1e-5));

    // Gradients have the shapes of their parameters, so they are named and turned as weights are.
    Gpt2 gradients = new Gpt2(model.configuration(), Initializer.seeded(0));
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((name, parameter) -> {
          Tensor gradient = parameter.gradient();
          Objects.requireNonNull(to.get(name)).copyFrom(Objects.requireNonNull(gradient, name));
        });
    for (StoredTensor stored : Gpt2Weights.names(model.configuration()).stored(gradients)) {
      double[] mean = Arrays.stream(stored.toDoubles()).map(sum -> sum / targets).toArray();
      Gpt2Golden.requireClose("gradient." + stored.name(), mean);
    }
  }

  @Test
  void noTokenSeesTheOnesAfterIt() {
    float[] before = logits(IDS);
    for (int changed = 1; changed < IDS.length; changed++) {
      int[] other = IDS.clone();
      other[changed] = (other[changed] + 1) % model.vocabulary();
      float[] after = logits(other);
      int unseen = changed * model.vocabulary();
      assertThat(Arrays.copyOf(after, unseen)).isEqualTo(Arrays.copyOf(before, unseen));
      assertThat(Arrays.copyOfRange(after, unseen, after.length))
          .isNotEqualTo(Arrays.copyOfRange(before, unseen, before.length));
    }
  }

  @Test
  void textsOfDifferentLengthsTogetherGiveWhatEachGivesAlone() {
    int[] lengths = {5, 1, 11};
    Tensor together = Tensor.noGrad(() -> model.apply(tensor(IDS), Sequences.ofLengths(lengths)));
    int start = 0;
    for (int length : lengths) {
      int[] one = Arrays.copyOfRange(IDS, start, start + length);
      double[] expected = Tensor.noGrad(() -> hidden(one)).toDoubleArray();
      double[] received = together.rows(start, start + length).toDoubleArray();
      for (int i = 0; i < expected.length; i++) {
        assertThat(received[i]).as("row %d", start).isCloseTo(expected[i], within(1e-5));
      }
      start += length;
    }
  }

  @Test
  void aTextLongerThanThePositionsIsRefused() {
    int longest = model.maximumLength();
    assertThat(logits(new int[longest])).hasSize(longest * model.vocabulary());
    assertThatThrownBy(() -> hidden(new int[longest + 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("24")
        .hasMessageContaining("25");
  }

  @Test
  void aNewModelHasTheDeviationsOfGpt2AndNormsThatChangeNothing() {
    Gpt2Configuration small = Gpt2Configuration.of(300, 32, 64, 2, 4, 0);
    Map<String, Parameter> parameters = new Gpt2(small, Initializer.seeded(1)).parameters();
    parameters.forEach((name, parameter) -> {
      double[] values = parameter.toDoubleArray();
      if (parameter.shape().rank() == 2) {
        boolean residual = name.endsWith("output.weight") || name.endsWith("outer.weight");
        double expected = residual ? 0.01 : 0.02; // 0.02 / √(2 · 2 layers)
        assertThat(deviation(values)).as(name).isCloseTo(expected, within(0.1 * expected));
      } else {
        assertThat(values).as(name).containsOnly(name.endsWith("norm.weight") ? 1 : 0);
      }
    });
    assertThat(parameters).hasSize(2 + 2 * 16 + 2);
  }

  private static double deviation(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(value -> value * value).average().orElseThrow());
  }

  private static Tensor tensor(int[] ids) {
    return Tensor.of(ids, ids.length);
  }

  private Tensor hidden(int[] ids) {
    return model.apply(tensor(ids), Sequences.ofLengths(ids.length));
  }

  private float[] logits(int[] ids) {
    return Tensor.noGrad(() -> model.logits(hidden(ids))).toFloatArray();
  }
}
