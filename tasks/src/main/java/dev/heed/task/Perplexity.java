package dev.heed.task;

import dev.heed.model.CausalModel;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Arrays;

/// How well a language model tells the tokens of a text beforehand.
///
/// @param nll the mean of −ln p of the tokens that were scored, in nats
/// @param tokens how many were scored
public record Perplexity(double nll, long tokens) {
  /// Rows whose logits are in memory at once.
  private static final int AT_ONCE = 64;

  /// e to the mean: as many equally probable tokens would be as hard to tell.
  public double perplexity() {
    return StrictMath.exp(nll);
  }

  /// Cuts the text's ids into windows, each a sequence of its own from position 0. Where the
  /// tokenizer puts a token before a text, it stands before each window and counts as one of its
  /// tokens. Every id with something before it is scored, once.
  ///
  /// @param context the tokens of a window
  /// @param stride by how many ids a window is further on than the one before; at most, and with 0,
  ///   the ids of a window
  /// @throws IllegalArgumentException if a window is too long for the model, or holds nothing, or
  ///   no id can be scored
  public static Perplexity of(LanguageModel model, String text, int context, int stride) {
    int[] ids = model.tokenizer().encode(text, false).ids();
    int[] marked = model.tokenizer().encode("a").ids();
    int[] plain = model.tokenizer().encode("a", false).ids();
    boolean begins = marked.length > plain.length && marked[0] != plain[0];
    return of(model.model(), ids, begins ? new int[] {marked[0]} : new int[0], context, stride);
  }

  static Perplexity of(CausalModel model, int[] ids, int[] before, int context, int givenStride) {
    int size = context - before.length;
    int stride = givenStride == 0 ? size : givenStride;
    if (size < 1 || context > model.maximumLength() || stride < 1 || stride > size) {
      throw new IllegalArgumentException(
          "context must be in %d…%d and stride in 1…%d: received %d and %d"
              .formatted(
                  before.length + 1, model.maximumLength(), Math.max(1, size), context, stride));
    }
    double sum = 0;
    long count = 0;
    int scored = 0; // ids before this one are
    for (int from = 0; scored < ids.length; from += stride) {
      int to = Math.min(ids.length, from + size);
      int[] window = Arrays.copyOf(before, before.length + to - from);
      System.arraycopy(ids, from, window, before.length, to - from);
      int first = Math.max(1, before.length + scored - from); // in the window
      sum += nll(model, window, first);
      count += Math.max(0, window.length - first);
      scored = to;
    }
    if (count == 0) {
      throw new IllegalArgumentException(
          "a text must have a token with one before it: received %d tokens".formatted(ids.length));
    }
    return new Perplexity(sum / count, count);
  }

  /// The sum of −ln p of the tokens from `first` on.
  private static double nll(CausalModel model, int[] window, int first) {
    double sum = 0;
    for (double loss : losses(model, window, first)) {
      sum += loss;
    }
    return sum;
  }

  /// −ln p of each token from `first` on.
  static double[] losses(CausalModel model, int[] window, int first) {
    return Inference.run(() -> {
      Tensor hidden =
          model.apply(Tensor.of(window, window.length), Sequences.ofLengths(window.length));
      double[] all = new double[Math.max(0, window.length - first)];
      for (int from = first; from < window.length; from += AT_ONCE) {
        int to = Math.min(window.length, from + AT_ONCE);
        Tensor rows = hidden.rows(from - 1, to - 1);
        Tensor targets = Tensor.of(Arrays.copyOfRange(window, from, to), to - from);
        Tensor losses = Inference.keepingResult(() -> losses(model.logits(rows), targets));
        System.arraycopy(losses.toDoubleArray(), 0, all, from - first, to - from);
      }
      return all;
    });
  }

  private static Tensor losses(Tensor logits, Tensor targets) {
    Tensor losses = Tensor.empty(Shape.of(logits.shape().rows(), 1), logits.dtype());
    Kernels.active().crossEntropy(logits, targets, 0, losses, 0);
    return losses;
  }
}
