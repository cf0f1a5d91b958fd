package dev.heed.tokenizer;

/// Adds the special tokens that a model expects around one text or a pair.
sealed interface PostProcessor {
  /// Takes white space out of spans where `trimOffsets`; adds nothing.
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PostProcessor {}
}
