/// Self-attention three ways, the same numbers: token by token as one would explain it, as a
/// formula on matrices ("vectorizing your code"), and as the kernel that never stores the T × T
/// weights.
///
/// The vectors here are random; `heed demo` draws the attention of a trained model.

import static dev.heed.nn.attention.ScaledDotProductAttention.Similarity;

import dev.heed.nn.Initializer;
import dev.heed.nn.attention.ScaledDotProductAttention;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Tensor;
import java.util.function.Supplier;

void main() {
  IO.println("kernels: " + Kernels.active().name());
  for (int tokens : new int[] {16, 128, 512}) {
    Tensor x = Initializer.seeded(1).normal(1, tokens, 64); // (T, Dh)
    IO.println(tokens + " tokens, 64 wide");
    Tensor loop =
        time(
            "loop over tokens",
            () -> ScaledDotProductAttention.loop(x, x, x, Similarity.DOT_PRODUCT));
    Tensor formula = time("formula", () -> ScaledDotProductAttention.formula(x, x, x));
    Tensor fused = time("fused kernel", () -> ScaledDotProductAttention.fused(x, x, x));
    IO.println(
        "  largest difference: formula %.1e, fused %.1e"
            .formatted(difference(loop, formula), difference(loop, fused)));
    Tensor cosine =
        time("loop, cosine", () -> ScaledDotProductAttention.loop(x, x, x, Similarity.COSINE));
    IO.println(
        "  cosine instead of the scaled product changes up to %.2f"
            .formatted(difference(loop, cosine)));
  }
}

/// Runs once to warm up, then takes the best of thirty.
Tensor time(String name, Supplier<Tensor> way) {
  Tensor result = Tensor.noGrad(way);
  long best = Long.MAX_VALUE;
  for (int i = 0; i < 30; i++) {
    long start = System.nanoTime();
    result = Tensor.noGrad(way);
    best = Math.min(best, System.nanoTime() - start);
  }
  IO.println("  %-18s %9.3f ms".formatted(name, best / 1e6));
  return result;
}

double difference(Tensor a, Tensor b) {
  float[] x = a.toFloatArray();
  float[] y = b.toFloatArray();
  double largest = 0;
  for (int i = 0; i < x.length; i++) {
    largest = Math.max(largest, Math.abs(x[i] - y[i]));
  }
  return largest;
}
