package dev.heed.model.bert;

import static dev.heed.tensor.Operations.add;
import static dev.heed.tensor.Operations.multiply;
import static dev.heed.tensor.Operations.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.Golden;
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

class BertTest {
  private static final Golden GOLDEN = new Golden("bert");

  private final Bert model = Bert.load(GOLDEN.directory());
  private final Tensor ids = GOLDEN.integerTensor("input_ids");
  private final Tensor types = GOLDEN.integerTensor("token_type_ids");
  private final Sequences sequences = GOLDEN.sequences();

  @Test
  void hiddenStatesAndThePoolerAreThoseOfTransformers() {
    Trace.Traced<Tensor> traced = Trace.of(() -> model.apply(ids, sequences, types));
    assertThat(traced.values())
        .containsOnlyKeys("hidden_states.0", "hidden_states.1", "hidden_states.2");
    traced.values().forEach(GOLDEN::requireClose);
    GOLDEN.requireClose("last_hidden_state", traced.result());
    GOLDEN.requireClose("pooler_output", model.pooled(traced.result(), sequences));
  }

  @Test
  void attentionsAreThoseOfTransformers() {
    int first = sequences.length(0);
    Tensor ids = Tensor.of(Arrays.copyOf(this.ids.toIntArray(), first), first);
    Tensor types = Tensor.of(Arrays.copyOf(this.types.toIntArray(), first), first);
    Trace.Traced<Tensor> traced =
        Trace.of(() -> model.apply(ids, Sequences.ofLengths(first), types));
    for (String name : GOLDEN.names("attentions.")) {
      GOLDEN.requireClose(name, Objects.requireNonNull(traced.values().get(name), name));
    }
    assertThat(GOLDEN.names("attentions.")).hasSize(2);
  }

  @Test
  void gradientsOfAllParametersAreThoseOfTransformers() {
    model.setFrozen(false);
    Tensor hidden = model.apply(ids, sequences, types);
    Tensor loss = sum(multiply(hidden, GOLDEN.tensor("cotangent.last_hidden_state")));
    Tensor pooled = model.pooled(hidden, sequences);
    loss = add(loss, sum(multiply(pooled, GOLDEN.tensor("cotangent.pooler_output"))));
    assertThat(loss.item()).isCloseTo(GOLDEN.numbers("loss")[0], within(1e-3));
    loss.backward();

    // Gradients have the shapes of their parameters, so they are named as weights are.
    Bert gradients = new Bert(model.configuration(), true, Initializer.seeded(0));
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((name, parameter) ->
            Objects.requireNonNull(to.get(name))
                .copyFrom(Objects.requireNonNull(parameter.gradient(), name)));
    for (StoredTensor stored : BertWeights.names(model.configuration(), true).stored(gradients)) {
      String name = stored.name().substring("bert.".length());
      // A key's bias moves all scores of a row alike: no gradient but rounding.
      if (name.endsWith("key.bias")) {
        GOLDEN.requireWithin("gradient." + name, stored.toDoubles(), 1e-3);
      } else {
        GOLDEN.requireClose("gradient." + name, stored.toDoubles());
      }
    }
  }

  @Test
  void aTextLongerThanThePositionsIsRefused() {
    Tensor tooLong = Tensor.of(new int[25], 25);
    assertThatThrownBy(() -> model.apply(tooLong, Sequences.ofLengths(25)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("24")
        .hasMessageContaining("25");
  }
}
