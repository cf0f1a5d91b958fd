package dev.heed.training;

import dev.heed.tensor.Tensor;

/// What training makes small.
///
/// @param <B> the type of a batch
public interface Objective<B> {
  /// The loss of one batch.
  Loss loss(B batch);

  /// A loss as the sum over its targets, so that batches of different sizes add up to the right
  /// mean.
  ///
  /// @param sum a scalar, in nats
  /// @param targets how many targets it sums over
  record Loss(Tensor sum, long targets) {}
}
