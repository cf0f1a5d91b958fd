import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Tensor;

/// Says which kernels compute, and lets four words attend to each other.
public class Sample {
  static void main() {
    IO.println("kernels: " + Kernels.active().name());

    var attention = MultiHeadAttention.of(256, 4, 256); // width, numHeads, keyDim
    IO.println("parameters: " + attention.parameterCount());

    float[] words = new float[4 * 256]; // (T, D): four words, one a row
    for (int i = 0; i < words.length; i++) {
      words[i] = (float) Math.sin(i);
    }
    Tensor x = Tensor.of(words, 4, 256);
    var answer = attention.applyWithScores(x, x, x, Mask.causal());
    IO.println("out: " + answer.out().shape() + ", scores: " + answer.scores().shape());
    IO.println("the first word sees itself only: " + answer.scores().get(0, 0, 0, 0));
  }
}
