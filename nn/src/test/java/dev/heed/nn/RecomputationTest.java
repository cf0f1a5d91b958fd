package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecomputationTest {
  private static final Sequences SOURCES = Sequences.ofLengths(30, 12);
  private static final Sequences TARGETS = Sequences.ofLengths(17, 25);

  private final EncoderDecoder model =
      new EncoderDecoder(
          EncoderDecoderConfiguration.of2017(
              7, 4, 30, new BlockConfiguration(16, 2, 32, Activation.RELU, false, 0.3, 0.2, 1e-5)),
          Initializer.seeded(1));

  private Tensor loss() {
    return TrainingMode.run(
        1,
        5,
        () ->
            model.loss(
                ids(SOURCES.rows(), 3),
                SOURCES,
                ids(TARGETS.rows(), 4),
                TARGETS,
                ids(TARGETS.rows(), 5),
                0.1));
  }

  private static Tensor ids(int count, int factor) {
    return Tensor.of(IntStream.range(0, count).map(i -> factor * i % 7).toArray(), count);
  }

  private List<float[]> gradients() {
    List<float[]> gradients = new ArrayList<>();
    for (Parameter parameter : model.parameters().values()) {
      gradients.add(Objects.requireNonNull(parameter.gradient()).toFloatArray());
      parameter.clearGradient();
    }
    return gradients;
  }

  private List<float[]> step(StepMemory memory) {
    return memory.step(() -> {
      loss().backwardAndFree();
      return gradients();
    });
  }

  private static void requireSameBits(List<float[]> received, List<float[]> expected) {
    assertThat(received).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(received.get(i)).as("parameter %d", i).isEqualTo(expected.get(i));
    }
  }

  @Test
  void anEncoderDecoderWithDropoutHasTheSameBitsInLessMemory() {
    StepMemory whole = new StepMemory();
    StepMemory less = new StepMemory();
    List<float[]> expected = step(whole);
    requireSameBits(Recomputation.during(() -> step(less)), expected);
    assertThat(less.peakBytes()).isLessThan(whole.peakBytes() / 2);
  }

  @Test
  void aBackwardPassOutsideOfTheTrainingModeDropsTheSame() {
    List<float[]> expected = step(new StepMemory());
    Recomputation.during(this::loss).backward();
    requireSameBits(gradients(), expected);
  }
}
