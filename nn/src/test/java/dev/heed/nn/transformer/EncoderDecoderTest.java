package dev.heed.nn.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
        EncoderDecoderConfiguration.of2017(7, 1, 9, block), Initializer.seeded(1));
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
        new EncoderDecoder(EncoderDecoderConfiguration.base2017(100), Initializer.seeded(1));
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

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void targetsMadeTokenByTokenAreWhatTheyAreAllAtOnce(boolean preNorm) {
    EncoderDecoder model = model(preNorm);
    int[] source = {4, 6, 1, 5, 3, 3, 2, 5};
    int[] target = {0, 6, 2, 0, 0, 4, 3, 1};
    Tensor encoded = Tensor.noGrad(() -> model.encode(Tensor.of(source, 8), SOURCES));
    double[] expected =
        Tensor.noGrad(
                () -> model.decode(Tensor.of(target, target.length), TARGETS, encoded, SOURCES))
            .toDoubleArray();
    List<DecoderCache> texts = Tensor.noGrad(() -> model.newCaches(encoded, SOURCES));
    double[] received = new double[expected.length];
    for (int t = 0; t < TARGETS.longest(); t++) {
      int at = t;
      List<Integer> going =
          IntStream.range(0, 3).filter(i -> at < TARGETS.length(i)).boxed().toList();
      int[] ids = going.stream().mapToInt(i -> target[TARGETS.start(i) + at]).toArray();
      int[] ones = new int[ids.length];
      Arrays.fill(ones, 1);
      double[] step =
          Tensor.noGrad(() ->
                  model.decode(
                      Tensor.of(ids, ids.length),
                      Sequences.ofLengths(ones),
                      going.stream().map(texts::get).toList()))
              .toDoubleArray();
      for (int k = 0; k < ids.length; k++) {
        System.arraycopy(step, k * 4, received, (TARGETS.start(going.get(k)) + at) * 4, 4);
      }
    }
    Closeness.requireClose("decoded", received, expected, 1e-5);
  }

  @Test
  void targetsOfOneSourceAreMadeTogetherAndACopyGoesItsOwnWay() {
    EncoderDecoder model = model(true);
    Sequences one = Sequences.ofLengths(3);
    Tensor encoded = Tensor.noGrad(() -> model.encode(Tensor.of(new int[] {1, 2, 3}, 3), one));
    DecoderCache first = Tensor.noGrad(() -> model.newCaches(encoded, one)).getFirst();
    step(model, List.of(first), 0);
    DecoderCache second = first.copy();
    double[] together = step(model, List.of(first, second), 4, 5);
    Sequences targets = Sequences.ofLengths(2, 2);
    double[] expected =
        Tensor.noGrad(() ->
                model.decode(
                    Tensor.of(new int[] {0, 4, 0, 5}, 4),
                    targets,
                    model.encode(
                        Tensor.of(new int[] {1, 2, 3, 1, 2, 3}, 6), Sequences.ofLengths(3, 3)),
                    Sequences.ofLengths(3, 3)))
            .toDoubleArray();
    Closeness.requireClose(
        "first", Arrays.copyOf(together, 4), Arrays.copyOfRange(expected, 4, 8), 1e-5);
    Closeness.requireClose(
        "second", Arrays.copyOfRange(together, 4, 8), Arrays.copyOfRange(expected, 12, 16), 1e-5);
  }

  private static double[] step(EncoderDecoder model, List<DecoderCache> texts, int... ids) {
    int[] ones = new int[ids.length];
    Arrays.fill(ones, 1);
    return Tensor.noGrad(
            () -> model.decode(Tensor.of(ids, ids.length), Sequences.ofLengths(ones), texts))
        .toDoubleArray();
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
