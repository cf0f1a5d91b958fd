package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.training.TrainingData;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/// Batches for translation: pairs of different lengths packed one after the other, no padding, so
/// that they need not be sorted by length. Each pass goes through all pairs once, in an order of
/// its own that follows from the seed.
public final class PairBatches implements TrainingData<PairBatches.Batch> {
  private final List<Pair> pairs;
  private final int pairsPerBatch;
  private final int startToken;
  private final long seed;
  private final boolean shuffled;
  private long orderOf = -1;
  private int[] order = new int[0];

  /// The token ids of a pair, both ended.
  public record Pair(int[] source, int[] target) {}

  /// A batch.
  ///
  /// @param source I32 [M]
  /// @param inputs I32 [N]: the targets shifted right
  /// @param targets I32 [N]
  public record Batch(
      Tensor source, Sequences sources, Tensor inputs, Sequences targetSequences, Tensor targets) {
    /// The number of targets.
    public int count() {
      return targetSequences.rows();
    }
  }

  private PairBatches(
      List<Pair> pairs, int pairsPerBatch, int startToken, long seed, boolean shuffled) {
    this.pairs = pairs;
    this.pairsPerBatch = pairsPerBatch;
    this.startToken = startToken;
    this.seed = seed;
    this.shuffled = shuffled;
  }

  /// Batches of about `tokens` target tokens each.
  ///
  /// @param startToken the token before a target's first
  /// @param shuffled whether each pass has an order of its own
  public static PairBatches of(
      List<Pair> pairs, int tokens, int startToken, long seed, boolean shuffled) {
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("there must be a pair or more: received none");
    }
    long total = pairs.stream().mapToLong(pair -> pair.target.length).sum();
    long perBatch = (long) tokens * pairs.size() / Math.max(1, total);
    return new PairBatches(
        List.copyOf(pairs), Math.clamp(perBatch, 1, pairs.size()), startToken, seed, shuffled);
  }

  @Override
  public long batchesPerEpoch() {
    return Math.ceilDiv(pairs.size(), pairsPerBatch);
  }

  @Override
  public synchronized Batch batch(long index) {
    List<Pair> chosen = pairs(index);
    Sequences sources = lengths(chosen, pair -> pair.source.length);
    Sequences targets = lengths(chosen, pair -> pair.target.length);
    int[] source = new int[sources.rows()];
    int[] input = new int[targets.rows()];
    int[] target = new int[targets.rows()];
    for (int i = 0; i < chosen.size(); i++) {
      Pair pair = chosen.get(i);
      System.arraycopy(pair.source, 0, source, sources.start(i), pair.source.length);
      int start = targets.start(i);
      System.arraycopy(pair.target, 0, target, start, pair.target.length);
      input[start] = startToken;
      System.arraycopy(pair.target, 0, input, start + 1, pair.target.length - 1);
    }
    return new Batch(
        Tensor.of(source, source.length),
        sources,
        Tensor.of(input, input.length),
        targets,
        Tensor.of(target, target.length));
  }

  @Override
  public synchronized long rows(long index) {
    return pairs(index).stream().mapToLong(pair -> pair.source.length + pair.target.length).sum();
  }

  @Override
  public PairBatches inPartsOf(int parts) {
    return new PairBatches(pairs, Math.ceilDiv(pairsPerBatch, parts), startToken, seed, shuffled);
  }

  /// The pairs of a batch.
  private List<Pair> pairs(long index) {
    long epoch = index / batchesPerEpoch();
    if (shuffled && orderOf != epoch) {
      order = CounterRandom.permutation(pairs.size(), CounterRandom.key(seed, epoch, -1));
      orderOf = epoch;
    }
    int from = Math.toIntExact(index % batchesPerEpoch()) * pairsPerBatch;
    int to = Math.min(pairs.size(), from + pairsPerBatch);
    return IntStream.range(from, to)
        .mapToObj(place -> pairs.get(shuffled ? order[place] : place))
        .toList();
  }

  private static Sequences lengths(List<Pair> pairs, ToIntFunction<Pair> length) {
    return Sequences.ofLengths(pairs.stream().mapToInt(length).toArray());
  }
}
