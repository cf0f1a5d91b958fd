package dev.heed.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Attention;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Configuration;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Source;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tensor.testing.GradientCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The goldens are PyTorch's, from `tools/goldens/recurrent.py`: sources of 4, 2 and 5 tokens,
/// targets of 3, 4 and 1.
class RecurrentEncoderDecoderTest {
  private static final Sequences SOURCES = Sequences.ofLengths(4, 2, 5);
  private static final Sequences TARGETS = Sequences.ofLengths(3, 4, 1);
  private static final int[] SOURCE = {4, 6, 1, 5, 3, 3, 2, 5, 0, 1, 6};
  private static final int[] INPUTS = {0, 6, 2, 0, 4, 3, 1, 0};

  private static RecurrentEncoderDecoder model(Attention attention) {
    return new RecurrentEncoderDecoder(
        new Configuration(7, 3, 4, attention, 0), Initializer.seeded(1));
  }

  @ParameterizedTest
  @EnumSource
  void itAgreesWithPyTorchForwardAndBackward(Attention attention) {
    RecurrentEncoderDecoder model = model(attention);
    Golden.check(
        "recurrent-encoder-decoder-" + attention.name().toLowerCase(Locale.ROOT),
        model,
        Golden.BLOCK,
        in -> {
          Source source = model.encode(in.input("source"), SOURCES);
          return model.logits(model.decode(in.input("inputs"), TARGETS, source));
        });
  }

  @ParameterizedTest
  @EnumSource
  void tokenByTokenIsTheSameAsAtOnce(Attention attention) {
    RecurrentEncoderDecoder model = model(attention);
    Source source = model.encode(Tensor.of(SOURCE, SOURCE.length), SOURCES);
    Tensor whole = model.decode(Tensor.of(INPUTS, INPUTS.length), TARGETS, source);
    List<Source> alone = source.copies();
    // The first two targets go on together, without the third.
    Source two = Source.join(alone.subList(0, 2));
    Tensor hidden = two.first();
    for (int t = 0; t < 3; t++) {
      RecurrentEncoderDecoder.Step step =
          model.step(Tensor.of(new int[] {INPUTS[t], INPUTS[3 + t]}, 2), hidden, two);
      hidden = step.hidden();
      assertThat(step.decoded().rows(0, 1).toFloatArray())
          .containsExactly(whole.rows(t, t + 1).toFloatArray(), within(1e-6f));
      assertThat(step.decoded().rows(1, 2).toFloatArray())
          .containsExactly(whole.rows(3 + t, 4 + t).toFloatArray(), within(1e-6f));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatComesLaterInATargetChangesNothingBefore(Attention attention) {
    RecurrentEncoderDecoder model = model(attention);
    Source source = model.encode(Tensor.of(SOURCE, SOURCE.length), SOURCES);
    float[] before = model.decode(Tensor.of(INPUTS, 8), TARGETS, source).toFloatArray();
    int[] other = INPUTS.clone();
    other[6] = 5; // the last token of the second target
    float[] after = model.decode(Tensor.of(other, 8), TARGETS, source).toFloatArray();
    assertThat(Arrays.copyOf(after, 18)).isEqualTo(Arrays.copyOf(before, 18));
    assertThat(Arrays.copyOfRange(after, 18, 21)).isNotEqualTo(Arrays.copyOfRange(before, 18, 21));
    assertThat(Arrays.copyOfRange(after, 21, 24)).isEqualTo(Arrays.copyOfRange(before, 21, 24));
  }

  @Test
  void bahdanausAttentionTakesSeveralQueriesOfASourceAndNoneOfAnother() {
    AdditiveAttention layer = new AdditiveAttention(3, 4, 5, Initializer.seeded(1));
    layer.convertTo(DType.F64);
    Tensor queries = GradientCheck.input(2, 3, 3);
    Tensor encoded = GradientCheck.input(3, 6, 4);
    Sequences targets = Sequences.ofLengths(2, 0, 1);
    Sequences sources = Sequences.ofLengths(3, 1, 2);
    List<Tensor> variables = new ArrayList<>(List.of(queries, encoded));
    variables.addAll(layer.parameters().values());
    GradientCheck.check(
        () -> layer.apply(queries, targets, layer.keys(encoded), encoded, sources),
        variables.toArray(Tensor[]::new));
    double[] together =
        layer.apply(queries, targets, layer.keys(encoded), encoded, sources).toDoubleArray();
    Tensor last = Operations.selectRows(encoded, Tensor.of(new int[] {4, 5}, 2));
    double[] alone =
        layer
            .apply(
                queries.rows(2, 3),
                Sequences.ofLengths(1),
                layer.keys(last),
                last,
                Sequences.ofLengths(2))
            .toDoubleArray();
    assertThat(Arrays.copyOfRange(together, 8, 12)).containsExactly(alone, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource
  void aBatchIsLearnedByHeart(Attention attention) {
    RecurrentEncoderDecoder model =
        new RecurrentEncoderDecoder(
            new Configuration(7, 8, 16, attention, 0), Initializer.seeded(1));
    Tensor targets = Tensor.of(new int[] {6, 2, 1, 4, 3, 1, 1, 1}, 8);
    double first = loss(model, targets).item();
    for (int step = 0; step < 60; step++) {
      loss(model, targets).backward();
      for (Parameter parameter : model.parameters().values()) {
        Tensor gradient = GradientCheck.gradientOf(parameter);
        parameter.copyFrom(
            Tensor.noGrad(() -> Operations.subtract(parameter, Operations.scale(gradient, 0.1))));
        parameter.clearGradient();
      }
    }
    assertThat(loss(model, targets).item()).isLessThan(first / 10);
  }

  private static Tensor loss(RecurrentEncoderDecoder model, Tensor targets) {
    return model.loss(
        Tensor.of(SOURCE, SOURCE.length), SOURCES, Tensor.of(INPUTS, 8), TARGETS, targets, 0);
  }

  @Test
  void anOddStateIsRefused() {
    assertThatThrownBy(() -> new Configuration(7, 3, 5, Attention.NONE, 0))
        .hasMessageContaining("stateWidth even: received 7, 3, 5");
  }
}
