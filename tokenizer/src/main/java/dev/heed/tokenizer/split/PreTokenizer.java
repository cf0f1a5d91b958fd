package dev.heed.tokenizer.split;

/// Cuts normalised text into words; the model never merges across them.
public sealed interface PreTokenizer {
  /// Writes text as the 256 stand-in characters of its bytes, after cutting it into GPT-2's words.
  ///
  /// @param addPrefixSpace whether text that does not begin with a space gets one
  /// @param trimOffsets whether the post-processor takes white space out of spans
  /// @param useRegex whether to cut; without it another pre-tokenizer has done so
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PreTokenizer {}
}
