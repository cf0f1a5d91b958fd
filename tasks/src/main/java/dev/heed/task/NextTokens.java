package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.tensor.Inference;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// How well a translator foresees each token of the true translations, their ends included, from
/// the source and the true tokens before it.
///
/// Source: the accuracy of Chollet, *Deep Learning with Python*, chapter 11, over real tokens only.
///
/// @param accuracy the share of the tokens that were the most probable ones
/// @param nll the mean of −ln p of the tokens, in nats
/// @param tokens how many there were
public record NextTokens(double accuracy, double nll, long tokens) {
  /// About as many are held at once, 64 MB: a token has one for each of the vocabulary.
  private static final int LOGITS_AT_ONCE = 1 << 24;

  /// Looks at all pairs that are not too long for the model.
  ///
  /// @param progress hears now and then how many pairs are done
  /// @return null if there is none
  public static @Nullable NextTokens of(
      TextTranslator model, List<TextPairs.Pair> pairs, IntConsumer progress) {
    List<PairBatches.Pair> encoded = model.encode(pairs);
    if (encoded.isEmpty()) {
      return null;
    }
    int tokensAtOnce = Math.max(1, LOGITS_AT_ONCE / model.vocabulary());
    PairBatches batches = PairBatches.of(encoded, tokensAtOnce, model.startToken(), 0, false);
    long right = 0;
    int pairsDone = 0;
    double nll = 0;
    long tokens = 0;
    for (long i = 0; i < batches.batchesPerEpoch(); i++) {
      PairBatches.Batch batch = batches.batch(i);
      int[] targets = batch.targets().toIntArray();
      float[] logits = Inference.run(() -> model.logits(batch).toFloatArray());
      for (int row = 0; row < targets.length; row++) {
        Foreseen foreseen = foreseen(logits, row * model.vocabulary(), model.vocabulary());
        right += foreseen.token == targets[row] ? 1 : 0;
        nll += foreseen.logSum - logits[row * model.vocabulary() + targets[row]];
      }
      tokens += targets.length;
      pairsDone += batch.targetSequences().count();
      progress.accept(pairsDone);
    }
    return new NextTokens((double) right / tokens, nll / tokens, tokens);
  }

  /// @param token the most probable one
  /// @param logSum ln of the sum of e to the power of each logit
  private record Foreseen(int token, double logSum) {}

  private static Foreseen foreseen(float[] logits, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      best = logits[from + i] > logits[from + best] ? i : best;
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(logits[from + i] - logits[from + best]);
    }
    return new Foreseen(best, logits[from + best] + Math.log(sum));
  }
}
