/// Model families as Hugging Face stores them, and how text comes out of language models.
module dev.heed.models {
  requires static transitive org.jspecify;
  requires transitive dev.heed.nn;
  requires transitive dev.heed.tokenizer;
  requires tools.jackson.core;

  exports dev.heed.model;
  exports dev.heed.model.bert;
  exports dev.heed.model.gpt2;
  exports dev.heed.model.llama;
  exports dev.heed.model.marian;
  exports dev.heed.model.t5;
  exports dev.heed.model.modernbert;
  exports dev.heed.generation;
  exports dev.heed.generation.grammar;
  exports dev.heed.generation.template;
}
