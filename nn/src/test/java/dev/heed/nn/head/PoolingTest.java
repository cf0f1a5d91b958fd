package dev.heed.nn.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolingTest {
  private final Tensor x = Tensor.of(new float[] {1, -2, 3, -4, 2, -6, -7, 8}, 4, 2);
  private final Sequences sequences = Sequences.ofLengths(3, 1);

  // What sentence_transformers' Pooling gives for the two texts.
  private static final Map<Pooling, float[]> EXPECTED =
      Map.of(
          Pooling.FIRST, new float[] {1, -2, -7, 8},
          Pooling.MAX, new float[] {3, -2, -7, 8},
          Pooling.MEAN, new float[] {2, -4, -7, 8},
          Pooling.MEAN_SQRT_LENGTH, new float[] {3.4641016f, -6.928203f, -7, 8},
          Pooling.WEIGHTED_MEAN, new float[] {2.1666667f, -4.6666665f, -7, 8},
          Pooling.LAST, new float[] {2, -6, -7, 8});

  @Test
  void everyModeGivesWhatSentenceTransformersGives() {
    assertThat(EXPECTED).containsOnlyKeys(Pooling.values());
    EXPECTED.forEach((mode, expected) ->
        assertThat(mode.apply(x, sequences).toFloatArray())
            .as(mode.name())
            .containsExactly(expected, within(1e-6f)));
  }

  @Test
  void gradientsReachTheRowsThatCount() {
    for (Pooling mode : Pooling.values()) {
      Tensor input = x.copy().requireGradient(true);
      Operations.sum(mode.apply(input, sequences)).backward();
      Tensor gradient = input.gradient();
      assertThat(gradient).as(mode.name()).isNotNull();
      float total = 0;
      for (float value : gradient.toFloatArray()) {
        total += value;
      }
      float expected = mode == Pooling.MEAN_SQRT_LENGTH ? 2 * (float) Math.sqrt(3) + 2 : 4;
      assertThat(total).as(mode.name()).isCloseTo(expected, within(1e-5f));
    }
  }

  @Test
  void anEmptySequenceHasNoFirstToken() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pooling.FIRST.apply(x, Sequences.ofLengths(4, 0)))
        .withMessageContaining("sequence 1 must have a token");
  }
}
