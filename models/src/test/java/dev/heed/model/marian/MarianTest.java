package dev.heed.model.marian;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ModelDirectory;
import dev.heed.model.SequenceToSequenceGolden;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `marian`: one table, scaled, SiLU; `marian-separate`: two tables, not scaled, ReLU; `bart`:
/// learned positions, a norm before the first block; `pegasus`: pre-norm.
class MarianTest {
  private static Marian model(SequenceToSequenceGolden golden) {
    return (Marian) ModelDirectory.open(golden.golden().directory(), SequenceToSequenceModel.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus"})
  void logitsAndHiddenStatesAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireForward(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus"})
  void theThreeKindsOfAttentionAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireAttentions(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus"})
  void lossAndGradientsOfAllParametersAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    Marian model = model(golden);
    golden.requireGradients(
        model,
        new Marian(model.marian(), Initializer.seeded(0)),
        MarianWeights.names(model.configuration()),
        List.of("final_logits_bias"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus"})
  void tokensMadeOneByOneHaveTheLogitsOfTheWholeTarget(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireCachedEqualsWhole(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"marian"})
  void aTextLongerThanThePositionsIsRefused(String name) {
    Marian model = model(new SequenceToSequenceGolden(name));
    assertThatThrownBy(() -> model.encode(Tensor.of(new int[33], 33), Sequences.ofLengths(33)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a sequence must have at most 32 tokens: received 33");
  }
}
