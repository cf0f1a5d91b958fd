package dev.heed.nn.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncoderDecoderTest {
  private static final Sequences SOURCES = Sequences.ofLengths(2, 5, 1);
  private static final Sequences TARGETS = Sequences.ofLengths(3, 1, 4);

  private static EncoderDecoder model(boolean preNorm) {
    Activation activation = preNorm ? Activation.GELU : Activation.RELU;
    BlockConfiguration block = new BlockConfiguration(4, 2, 6, activation, preNorm, 0, 0, 1e-5);
    return new EncoderDecoder(
        new EncoderDecoder.Configuration(7, 1, 9, block), Initializer.seeded(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void agreesWithPyTorch(boolean preNorm) {
    EncoderDecoder model = model(preNorm);
    Golden.check(
        "encoder-decoder-" + (preNorm ? "pre-norm" : "post-norm"),
        model,
        Golden.BLOCK,
        in ->
            model.loss(
                in.input("source"),
                SOURCES,
                in.input("inputs"),
                TARGETS,
                in.input("targets"),
                0.1));
  }

  @Test
  void theBaseModelHasThePapersNumberOfParameters() {
    EncoderDecoder base =
        new EncoderDecoder(EncoderDecoder.Configuration.base2017(100), Initializer.seeded(1));
    assertThat(base.parameterCount()).isEqualTo(44_138_496 + 100 * 512);
    assertThat(counted(base, "encoder.layers.3.")).isEqualTo(3_152_384);
    assertThat(counted(base, "decoder.layers.5.")).isEqualTo(4_204_032);
  }

  private static long counted(Layer layer, String prefix) {
    return layer.parameters().entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .mapToLong(entry -> entry.getValue().elements())
        .sum();
  }

  @Test
  void oneTableServesSourceTargetAndOutput() {
    assertThat(model(true).parameters().values().stream().map(Tensor::shape))
        .filteredOn(Shape.of(7, 4)::equals)
        .hasSize(1);
  }

  @Test
  void theLossIsTheCrossEntropyOfItsLogits() {
    EncoderDecoder model = model(true);
    Tensor source = Tensor.of(new int[] {1, 2, 3}, 3);
    Tensor inputs = Tensor.of(new int[] {0, 4}, 2);
    Tensor targets = Tensor.of(new int[] {4, 5}, 2);
    Sequences sources = Sequences.ofLengths(3);
    Sequences targetSequences = Sequences.ofLengths(2);
    Tensor logits =
        model.logits(model.decode(inputs, targetSequences, model.encode(source, sources), sources));
    double expected = FusedOperations.crossEntropy(logits, targets, 0.1).item();
    assertThat(model.loss(source, sources, inputs, targetSequences, targets, 0.1).item())
        .isCloseTo(expected, within(1e-4));
  }

  @Test
  void aRaggedBatchHasTheSumOfTheLossesOfItsPairs() {
    EncoderDecoder model = model(false);
    int[] source = {4, 6, 1, 5, 3, 3, 2, 5};
    int[] inputs = {0, 6, 2, 0, 0, 4, 3, 1};
    int[] targets = {6, 2, 1, 1, 4, 3, -1, 5};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum +=
          model
              .loss(
                  part(source, SOURCES, i),
                  Sequences.ofLengths(SOURCES.length(i)),
                  part(inputs, TARGETS, i),
                  Sequences.ofLengths(TARGETS.length(i)),
                  part(targets, TARGETS, i),
                  0)
              .item();
    }
    Tensor all = Tensor.of(source, 8);
    double together =
        model.loss(all, SOURCES, Tensor.of(inputs, 8), TARGETS, Tensor.of(targets, 8), 0).item();
    Closeness.requireClose("loss", new double[] {together}, new double[] {sum}, 1e-5);
  }

  private static Tensor part(int[] ids, Sequences sequences, int index) {
    int from = sequences.start(index);
    return Tensor.of(
        Arrays.copyOfRange(ids, from, from + sequences.length(index)), sequences.length(index));
  }

  @Test
  void refusesASourceOverItsMaximumLength() {
    assertThatThrownBy(
            () -> model(true).encode(Tensor.of(new int[10], 10), Sequences.ofLengths(10)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a sequence must have at most 9 tokens: received 10");
  }
}
