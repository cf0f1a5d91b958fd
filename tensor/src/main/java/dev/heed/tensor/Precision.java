package dev.heed.tensor;

import java.util.function.Supplier;

/// How exactly the products of matrices are computed; everything else is F32 (or F64) always.
///
/// Under [#BF16] the kernels may round the factors of a product to bfloat16 (8 bits of mantissa, to
/// nearest), where the processor has units for it, and sum in F32. Where it has none, and where a
/// product has so few rows that memory limits it, it stays F32. Weights, gradients and activations
/// are kept in F32.
///
/// A model that is opened under [#INT8] has the weights of its linear layers rounded to 8-bit
/// integers with a scale for each row ([DType#I8]), and cannot be trained; whatever the precision
/// then, what they meet is rounded as it comes, with a scale for each 128 numbers of a row (W8A8,
/// dynamic), and summed exactly so far.
///
/// Source: Micikevicius et al. 2018, "Mixed Precision Training"; Kalamkar et al. 2019, "A Study of
/// BFLOAT16 for Deep Learning Training".
public enum Precision {
  /// All bits of the factors count.
  FP32,
  /// Factors may be rounded to bfloat16.
  BF16,
  /// Weights and what they meet are 8-bit integers.
  INT8;

  private static final ScopedValue<Precision> CURRENT = ScopedValue.newInstance();

  /// What holds for the calling thread: [#FP32] unless inside [#compute].
  public static Precision current() {
    return CURRENT.orElse(FP32);
  }

  /// Runs `work` with its products in this precision, forward and backward.
  public <T> T compute(Supplier<T> work) {
    return ScopedValue.where(CURRENT, this).call(work::get);
  }

  /// Runs `work` with its products in this precision, forward and backward.
  public void compute(Runnable work) {
    ScopedValue.where(CURRENT, this).run(work);
  }
}
