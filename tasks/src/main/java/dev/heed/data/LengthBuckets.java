package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import dev.heed.training.TrainingData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/// Batches of samples whose lengths are alike, so that none waits for a long one. Each pass goes
/// through all samples once, in an order of its own that follows from the seed: samples are
/// shuffled, sorted by length within pools of some batches, and the batches shuffled again.
///
/// @param <S> the type of a sample
public final class LengthBuckets<S> implements TrainingData<List<S>> {
  private static final int POOL = 32;

  private final List<S> samples;
  private final ToIntFunction<S> length;
  private final int perBatch;
  private final long seed;
  private final boolean shuffled;
  private long orderOf = -1;
  private List<int[]> order = List.of();

  private LengthBuckets(
      List<S> samples, ToIntFunction<S> length, int perBatch, long seed, boolean shuffled) {
    if (samples.isEmpty() || perBatch < 1) {
      throw new IllegalArgumentException(
          "there must be a sample or more, and 1 or more in a batch: received %d and %d"
              .formatted(samples.size(), perBatch));
    }
    this.samples = List.copyOf(samples);
    this.length = length;
    this.perBatch = perBatch;
    this.seed = seed;
    this.shuffled = shuffled;
  }

  /// Batches to learn from.
  public static <S> LengthBuckets<S> shuffled(
      List<S> samples, ToIntFunction<S> length, int perBatch, long seed) {
    return new LengthBuckets<>(samples, length, perBatch, seed, true);
  }

  /// Batches to be tried on: always the same, the longest first.
  public static <S> LengthBuckets<S> sorted(
      List<S> samples, ToIntFunction<S> length, int perBatch) {
    return new LengthBuckets<>(samples, length, perBatch, 0, false);
  }

  @Override
  public long batchesPerEpoch() {
    return Math.ceilDiv(samples.size(), perBatch);
  }

  @Override
  public synchronized List<S> batch(long index) {
    long epoch = shuffled ? index / batchesPerEpoch() : 0;
    if (orderOf != epoch) {
      order = order(epoch);
      orderOf = epoch;
    }
    return Arrays.stream(order.get(Math.toIntExact(index % batchesPerEpoch())))
        .mapToObj(samples::get)
        .toList();
  }

  @Override
  public long rows(long index) {
    return batch(index).stream().mapToLong(length::applyAsInt).sum();
  }

  @Override
  public LengthBuckets<S> inPartsOf(int parts) {
    return new LengthBuckets<>(samples, length, Math.ceilDiv(perBatch, parts), seed, shuffled);
  }

  private List<int[]> order(long epoch) {
    int[] places =
        shuffled
            ? CounterRandom.permutation(samples.size(), CounterRandom.key(seed, epoch, -1))
            : IntStream.range(0, samples.size()).toArray();
    int pool = shuffled ? POOL * perBatch : places.length;
    List<int[]> batches = new ArrayList<>();
    for (int from = 0; from < places.length; from += pool) {
      int[] sorted =
          Arrays.stream(places, from, Math.min(places.length, from + pool))
              .boxed()
              .sorted(Comparator.comparingInt(place -> -length.applyAsInt(samples.get(place))))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int i = 0; i < sorted.length; i += perBatch) {
        batches.add(Arrays.copyOfRange(sorted, i, Math.min(sorted.length, i + perBatch)));
      }
    }
    if (!shuffled) {
      return batches;
    }
    int[] mixed = CounterRandom.permutation(batches.size(), CounterRandom.key(seed, epoch, -3));
    return Arrays.stream(mixed).mapToObj(batches::get).toList();
  }
}
