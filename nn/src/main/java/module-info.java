/// The layers of the Transformer and the loop that trains them.
module dev.heed.nn {
  requires static transitive org.jspecify;
  requires transitive dev.heed.tensor;
  requires transitive dev.heed.weights;

  exports dev.heed.nn;
  exports dev.heed.nn.attention;
  exports dev.heed.nn.embedding;
  exports dev.heed.nn.head;
  exports dev.heed.nn.norm;
  exports dev.heed.nn.recurrent;
  exports dev.heed.nn.transformer;
  exports dev.heed.training;
}
