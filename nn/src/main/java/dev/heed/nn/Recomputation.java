package dev.heed.nn;

import dev.heed.tensor.Inference;
import dev.heed.tensor.Tensor;
import java.util.function.Supplier;

/// Whether the blocks of a stack keep what they compute for the backward pass, or only what they
/// take, and compute the rest again there: less memory, one more forward pass of the blocks, the
/// same bits.
///
/// Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".
public final class Recomputation {
  private static final ScopedValue<Boolean> ON = ScopedValue.newInstance();

  private Recomputation() {}

  /// Trains by `work` in less memory.
  public static <T> T during(Supplier<T> work) {
    return ScopedValue.where(ON, true).call(work::get);
  }

  /// Runs a block of a stack. Without gradients, all that it made is freed but its result.
  ///
  /// @param inputs all that `block` takes and that was computed from parameters
  public static Tensor block(Supplier<Tensor> block, Tensor... inputs) {
    return ON.orElse(false)
        ? Inference.keepingResult(() -> Tensor.recomputed(TrainingMode.repeatable(block), inputs))
        : Inference.keepingResult(block);
  }
}
