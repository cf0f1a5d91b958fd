/// Kernels by the JDK's Vector API: the fast path where no machine code can be emitted.
module dev.heed.kernels.vector {
  requires static transitive org.jspecify;
  requires transitive dev.heed.tensor;
  requires jdk.incubator.vector;

  exports dev.heed.kernels.vector;

  provides dev.heed.tensor.Kernels.Provider with
      dev.heed.kernels.vector.VectorKernelsProvider;
}
