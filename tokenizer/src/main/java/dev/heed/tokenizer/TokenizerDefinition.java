package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.split.PreTokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parts of a tokenizer, as a `tokenizer.json` lists them; a part that is null does nothing.
record TokenizerDefinition(
    @Nullable Truncation truncation,
    @Nullable Padding padding,
    List<AddedToken> addedTokens,
    @Nullable Normalizer normalizer,
    @Nullable PreTokenizer preTokenizer,
    Model model,
    @Nullable PostProcessor postProcessor,
    @Nullable Decoder decoder) {

  TokenizerDefinition {
    addedTokens = List.copyOf(addedTokens);
  }
}
