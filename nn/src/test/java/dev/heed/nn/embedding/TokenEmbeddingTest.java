package dev.heed.nn.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenEmbeddingTest {
  private static TokenEmbedding embedding(boolean scaled) {
    return new TokenEmbedding(11, 6, 0.02, scaled, Initializer.seeded(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void agreesWithPyTorch(boolean scaled) {
    TokenEmbedding layer = embedding(scaled);
    Golden.check(
        "token-embedding" + (scaled ? "-scaled" : ""),
        layer,
        Golden.OPERATION,
        in -> layer.apply(in.input("ids")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tiedLogitsAgreeWithPyTorch(boolean scaled) {
    TokenEmbedding layer = embedding(scaled);
    Golden.check(
        "tied-logits" + (scaled ? "-scaled" : ""),
        layer,
        Golden.BLOCK,
        in -> layer.logits(Operations.activation(Activation.TANH, layer.apply(in.input("ids")))));
  }

  @Test
  void isScaledByTheRootOfTheWidthOnRequest() {
    Tensor ids = Tensor.of(new int[] {4}, 1);
    double plain = embedding(false).apply(ids).get(0, 2);
    assertThat(embedding(true).apply(ids).get(0, 2)).isCloseTo(plain * Math.sqrt(6), within(1e-6));
  }

  @Test
  void keepsTheShapeOfTheIds() {
    Tensor ids = Tensor.of(new int[] {1, 2, 3, 4, 5, 6}, 2, 3);
    assertThat(embedding(false).apply(ids).shape()).isEqualTo(Shape.of(2, 3, 6));
    assertThat(embedding(false).apply(Tensor.of(new int[0], 0)).shape()).isEqualTo(Shape.of(0, 6));
  }

  @Test
  void refusesIdsOutsideTheTable() {
    assertThatThrownBy(() -> embedding(false).apply(Tensor.of(new int[] {3, 11}, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an id must be in 0…10: received 11");
    assertThatThrownBy(() -> embedding(false).apply(Tensor.of(new int[] {-1}, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an id must be in 0…10: received -1");
  }
}
