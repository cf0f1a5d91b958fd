package dev.heed.training;

/// Batches as a pure function of the step, so that a resumed run sees what an uninterrupted one
/// would.
///
/// @param <B> the type of a batch
public interface TrainingData<B> {
  /// How many batches make one pass over the data.
  long batchesPerEpoch();

  /// Batch `index` of the run, from 0; it goes on after the first pass, usually in another order.
  B batch(long index);
}
