/// Tokenizers: from text to token ids and back, read, written and trained.
module dev.heed.tokenizer {
  requires static transitive org.jspecify;
  requires tools.jackson.core;

  exports dev.heed.tokenizer;
}
