package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.training.TrainingData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Batches for language modelling: texts of different lengths packed one after the other, no
/// padding. Each pass goes through all texts once, in an order of its own that follows from the
/// seed.
public final class TokenBatches implements TrainingData<TokenBatches.Batch> {
  private final List<int[]> texts;
  private final int textsPerBatch;
  private final long seed;
  private final boolean shuffled;
  private long orderOf = -1;
  private int[] order = new int[0];

  /// A batch: every token and the one after it.
  ///
  /// @param ids I32 [N]
  /// @param sequences where each text starts
  /// @param targets I32 [N]
  public record Batch(Tensor ids, Sequences sequences, Tensor targets) {
    /// The number of targets.
    public int count() {
      return sequences.rows();
    }
  }

  private TokenBatches(List<int[]> texts, int textsPerBatch, long seed, boolean shuffled) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException(
          "there must be a text with 2 tokens or more: received none");
    }
    this.texts = texts;
    this.textsPerBatch = Math.clamp(textsPerBatch, 1, texts.size());
    this.seed = seed;
    this.shuffled = shuffled;
  }

  /// Batches of about `tokens` tokens each.
  ///
  /// @param texts the token ids of each text, its end included; one longer than `longest` + 1 is
  ///   cut into pieces that share one token, so that nothing is left untold
  /// @param shuffled whether each pass has an order of its own
  public static TokenBatches of(
      List<int[]> texts, int tokens, int longest, long seed, boolean shuffled) {
    List<int[]> pieces = new ArrayList<>();
    long total = 0;
    for (int[] text : texts) {
      for (int from = 0; from + 1 < text.length; from += longest) {
        int[] piece = Arrays.copyOfRange(text, from, Math.min(text.length, from + longest + 1));
        pieces.add(piece);
        total += piece.length - 1;
      }
    }
    int perBatch = (int) Math.max(1, (long) tokens * pieces.size() / Math.max(1, total));
    return new TokenBatches(pieces, perBatch, seed, shuffled);
  }

  @Override
  public long batchesPerEpoch() {
    return Math.ceilDiv(texts.size(), textsPerBatch);
  }

  @Override
  public synchronized Batch batch(long index) {
    List<int[]> chosen = texts(index);
    Sequences sequences =
        Sequences.ofLengths(chosen.stream().mapToInt(text -> text.length - 1).toArray());
    int[] ids = new int[sequences.rows()];
    int[] targets = new int[sequences.rows()];
    for (int i = 0; i < chosen.size(); i++) {
      int start = sequences.start(i);
      int length = sequences.length(i);
      System.arraycopy(chosen.get(i), 0, ids, start, length);
      System.arraycopy(chosen.get(i), 1, targets, start, length);
    }
    return new Batch(Tensor.of(ids, ids.length), sequences, Tensor.of(targets, targets.length));
  }

  @Override
  public synchronized long rows(long index) {
    return texts(index).stream().mapToLong(text -> text.length - 1).sum();
  }

  @Override
  public TokenBatches inPartsOf(int parts) {
    return new TokenBatches(texts, Math.ceilDiv(textsPerBatch, parts), seed, shuffled);
  }

  /// The texts of a batch.
  private List<int[]> texts(long index) {
    long epoch = index / batchesPerEpoch();
    if (shuffled && orderOf != epoch) {
      order = CounterRandom.permutation(texts.size(), CounterRandom.key(seed, epoch, -1));
      orderOf = epoch;
    }
    int from = Math.toIntExact(index % batchesPerEpoch()) * textsPerBatch;
    int to = Math.min(texts.size(), from + textsPerBatch);
    return IntStream.range(from, to)
        .mapToObj(place -> texts.get(shuffled ? order[place] : place))
        .toList();
  }
}
