package dev.heed.kernels.x86;

import java.util.function.Function;

/// The kernels of [Level#AVXVNNI] whose products of quantised weights have another instruction in
/// the place of AVX-VNNI's: that of AVX512-VNNI, which does the same, or one that does not.
final class OtherDotProducts extends KernelCache {
  private final VectorOp dot;

  OtherDotProducts(VectorOp dot) {
    super(Level.AVXVNNI);
    this.dot = dot;
  }

  @Override
  Kernel get(Object key, Function<Level, byte[]> emit) {
    return super.get(key, key instanceof QuantizedCode code ? _ -> code.emitNarrow(dot) : emit);
  }
}
