/// Tensors, reverse-mode differentiation and the operations that kernels implement.
module dev.heed.tensor {
  requires static transitive org.jspecify;

  exports dev.heed.tensor;
  exports dev.heed.tensor.testing;

  uses dev.heed.tensor.Kernels.Provider;
}
