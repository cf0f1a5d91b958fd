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

  /// How many rows (tokens) batch `index` has, so that the memory of a step can be reckoned; 0
  /// where nobody knows.
  default long rows(long index) {
    return 0;
  }

  /// The same samples in batches of a `parts`th as many, at least one each: what a run is tried on
  /// before it begins. Needed where [#rows] says something.
  default TrainingData<B> inPartsOf(int parts) {
    return this;
  }
}
