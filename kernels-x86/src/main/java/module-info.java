/// Kernels for x86-64 that are emitted at run time as machine code: AVX2 and AVX-512.
module dev.heed.kernels.x86 {
  requires static transitive org.jspecify;
  requires transitive dev.heed.tensor;

  exports dev.heed.kernels.x86;

  provides dev.heed.tensor.Kernels.Provider with
      dev.heed.kernels.x86.X86KernelsProvider;
}
