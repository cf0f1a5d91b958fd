package dev.heed.training;

import dev.heed.tensor.MemoryLimit;
import java.util.Locale;
import java.util.function.IntToLongFunction;

/// How much memory a run takes, in bytes, reckoned before its first step.
///
/// @param parameters the parameters that the trainer was given
/// @param gradients of the parameters that learn
/// @param optimizer what the optimizer keeps of them
/// @param activations what the largest step computes on its way; 0 where [TrainingData#rows] does
///   not say how large batches are
public record TrainingMemory(long parameters, long gradients, long optimizer, long activations) {
  private static final int BATCHES_LOOKED_AT = 1000;
  private static final int FIRST_TRIAL = 16;
  private static final int SECOND_TRIAL = 8;

  /// All of it.
  public long total() {
    return parameters + gradients + optimizer + activations;
  }

  /// Refuses a run that does not fit, before it begins. The parameters are there already.
  ///
  /// @throws IllegalStateException if it does not fit; it names the need and what there is
  void require(MemoryLimit limit) {
    limit.require(
        String.format(
            Locale.ROOT,
            "training (gradients %.2f GB, optimizer %.2f GB, activations of a step %.2f GB)",
            gradients / 1e9,
            optimizer / 1e9,
            activations / 1e9),
        gradients + optimizer + activations);
  }

  /// This with the activations of batches as large as the first pass's largest, reckoned from two
  /// small ones: they grow with the rows.
  ///
  /// @param trial computes the first batch of `data` cut into so many parts, and says how many
  ///   bytes its activations took
  TrainingMemory withActivations(TrainingData<?> data, IntToLongFunction trial) {
    long most = 0;
    for (long i = 0; i < Math.min(data.batchesPerEpoch(), BATCHES_LOOKED_AT); i++) {
      most = Math.max(most, data.rows(i));
    }
    if (most == 0) {
      return this;
    }
    long firstRows = Math.max(1, data.inPartsOf(FIRST_TRIAL).rows(0));
    long first = trial.applyAsLong(FIRST_TRIAL);
    long secondRows = data.inPartsOf(SECOND_TRIAL).rows(0);
    if (secondRows <= firstRows) {
      return withActivations((long) ((double) first * most / firstRows));
    }
    double perRow = (trial.applyAsLong(SECOND_TRIAL) - first) / (double) (secondRows - firstRows);
    return withActivations(first + (long) (Math.max(0, perRow) * (most - firstRows)));
  }

  private TrainingMemory withActivations(long bytes) {
    return new TrainingMemory(parameters, gradients, optimizer, bytes);
  }
}
