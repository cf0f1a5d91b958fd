/// Checkpoint files: reading and writing the weights of a model.
module dev.heed.weights {
  requires static transitive org.jspecify;
  requires transitive dev.heed.tensor;
  requires tools.jackson.core;

  exports dev.heed.weights;
}
