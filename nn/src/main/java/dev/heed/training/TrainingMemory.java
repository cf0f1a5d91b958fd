package dev.heed.training;

import dev.heed.nn.Layer;
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

  /// The second trial takes an eighth of a batch, but about so many rows at most, so that it always
  /// fits; the first takes half of that.
  private static final int TRIAL_PARTS = 8;

  private static final long TRIAL_ROWS = 2048;

  /// All of it.
  public long total() {
    return parameters + gradients + optimizer + activations;
  }

  /// Refuses to train a new model that does not fit, before it takes memory: its parameters, their
  /// gradients and two running values of each.
  ///
  /// @param withoutValues the model, made by [dev.heed.nn.Initializer#beforeLoading]
  /// @throws IllegalStateException if it does not fit; it names the need and what there is
  public static void requireRoomFor(Layer withoutValues) {
    long parameters = withoutValues.parameterCount();
    MemoryLimit.ofThisProcess()
        .require(
            String.format(Locale.ROOT, "training %,d new parameters", parameters),
            4 * Float.BYTES * parameters);
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
    int parts = Math.max(TRIAL_PARTS, Math.toIntExact(Math.ceilDiv(most, TRIAL_ROWS)));
    long firstRows = Math.max(1, data.inPartsOf(2 * parts).rows(0));
    long first = trial.applyAsLong(2 * parts);
    long secondRows = data.inPartsOf(parts).rows(0);
    if (secondRows <= firstRows) {
      return withActivations((long) ((double) first * most / firstRows));
    }
    double perRow = (trial.applyAsLong(parts) - first) / (double) (secondRows - firstRows);
    return withActivations(first + (long) (Math.max(0, perRow) * (most - firstRows)));
  }

  private TrainingMemory withActivations(long bytes) {
    return new TrainingMemory(parameters, gradients, optimizer, bytes);
  }
}
