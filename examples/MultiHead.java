/// Multi-head attention with Keras's names: the notes' example, 4 heads with keys 256 wide on
/// vectors 256 wide, has 1,051,904 parameters.

import dev.heed.nn.Initializer;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.tensor.Tensor;

void main() {
  var attention = MultiHeadAttention.of(256, 4, 256); // width, numHeads, keyDim
  IO.println("parameters: %,d".formatted(attention.parameterCount()));

  Tensor x = Initializer.seeded(7).normal(1, 2, 5, 256); // 2 sequences of 5 tokens
  Tensor y = attention.apply(x, x, x, Mask.causal()); // (query, value, key), as in Keras
  IO.println("output: " + y.shape());

  var scored = attention.applyWithScores(x, x, x, Mask.causal());
  IO.println("attention scores: " + scored.scores().shape() + " (batch, heads, queries, keys)");
  IO.println(
      "the first token sees only itself: %.1f; the future stays hidden: %.1f"
          .formatted(scored.scores().get(0, 0, 0, 0), scored.scores().get(0, 0, 0, 1)));
}
