package dev.heed.nn.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import org.junit.jupiter.api.Test;

class FeedForwardTest {
  private final Initializer initializer = Initializer.seeded(1);

  @Test
  void withReluAgreesWithPyTorch() {
    FeedForward layer = new FeedForward(6, 10, Activation.RELU, true, initializer);
    Golden.check(
        "feed-forward-relu",
        layer,
        Golden.BLOCK,
        in -> layer.apply(in.input("x"), in.input("residual")));
  }

  @Test
  void withGeluByTanhAgreesWithPyTorch() {
    FeedForward layer = new FeedForward(6, 10, Activation.GELU_TANH, true, initializer);
    Golden.check(
        "feed-forward-gelu-tanh",
        layer,
        Golden.BLOCK,
        in -> layer.apply(in.input("x"), in.input("residual")));
  }

  @Test
  void gatedWithSiluAgreesWithPyTorch() {
    GatedFeedForward layer = new GatedFeedForward(6, 10, Activation.SILU, false, initializer);
    Golden.check(
        "gated-feed-forward-silu", layer, Golden.BLOCK, in -> layer.apply(in.input("x"), null));
  }

  @Test
  void gatedWithGeluAgreesWithPyTorch() {
    GatedFeedForward layer = new GatedFeedForward(6, 10, Activation.GELU, true, initializer);
    Golden.check(
        "gated-feed-forward-gelu",
        layer,
        Golden.BLOCK,
        in -> layer.apply(in.input("x"), in.input("residual")));
  }

  @Test
  void hasThePapersNumberOfParameters() {
    FeedForward layer = new FeedForward(64, 256, Activation.RELU, true, initializer);
    assertThat(layer.parameterCount()).isEqualTo(2 * 64 * 256 + 256 + 64);
    assertThat(layer.parameters())
        .containsOnlyKeys("inner.weight", "inner.bias", "outer.weight", "outer.bias");
  }
}
