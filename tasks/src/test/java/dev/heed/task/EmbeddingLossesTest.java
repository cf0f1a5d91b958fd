package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ConfigFile;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The expected values are those of `sentence_transformers` and scipy, from
/// `tools/goldens/embedding_losses.py`.
class EmbeddingLossesTest {
  private static final ConfigFile GOLDEN =
      ConfigFile.read(SentenceGoldens.resource("embedding-losses.json"));
  private static final int PAIRS = 6;

  private final Parameter a = Parameter.of(Tensor.of(floats(GOLDEN.values().get("a")), PAIRS, 10));
  private final Parameter b = Parameter.of(Tensor.of(floats(GOLDEN.values().get("b")), PAIRS, 10));

  private static float[] floats(@Nullable Object list) {
    List<?> numbers = (List<?>) Objects.requireNonNull(list);
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((Number) numbers.get(i)).floatValue();
    }
    return values;
  }

  private void check(String name, Tensor loss) {
    Map<?, ?> golden = (Map<?, ?>) Objects.requireNonNull(GOLDEN.values().get(name));
    loss.backward();
    assertThat(loss.item())
        .isCloseTo(
            ((Number) Objects.requireNonNull(golden.get("loss"))).doubleValue(), within(1e-5));
    assertThat(Objects.requireNonNull(a.gradient()).toFloatArray())
        .containsExactly(floats(golden.get("gradient_a")), within(1e-5f));
    assertThat(Objects.requireNonNull(b.gradient()).toFloatArray())
        .containsExactly(floats(golden.get("gradient_b")), within(1e-5f));
  }

  @Test
  void findingOnesOwnPairIsTheLossOfSentenceTransformers() {
    check("ranking", Operations.scale(EmbeddingLosses.multipleNegativesRanking(a, b), 1.0 / PAIRS));
  }

  @Test
  void theOrderOfTheScoresIsTheLossOfSentenceTransformers() {
    check("cosent", EmbeddingLosses.cosineSentences(a, b, floats(GOLDEN.values().get("scores"))));
  }

  @Test
  void equalScoresHaveNoOrderAndNoLoss() {
    Tensor loss = EmbeddingLosses.cosineSentences(a, b, new float[PAIRS]);
    loss.backward();
    assertThat(loss.item()).isZero();
  }

  @Test
  void correlationsAreThoseOfScipy() {
    double[] cosines = doubles("cosines");
    double[] scores = doubles("scores");
    assertThat(EmbeddingFigures.pearson(cosines, scores))
        .isCloseTo(GOLDEN.number("pearson"), within(1e-9));
    assertThat(
            EmbeddingFigures.pearson(
                EmbeddingFigures.ranks(cosines), EmbeddingFigures.ranks(scores)))
        .isCloseTo(GOLDEN.number("spearman"), within(1e-9));
    assertThat(EmbeddingFigures.ranks(new double[] {5, 1, 5, 9})).containsExactly(2.5, 1, 2.5, 4);
  }

  private static double[] doubles(String name) {
    return ((List<?>) Objects.requireNonNull(GOLDEN.values().get(name)))
        .stream().mapToDouble(value -> ((Number) value).doubleValue()).toArray();
  }
}
