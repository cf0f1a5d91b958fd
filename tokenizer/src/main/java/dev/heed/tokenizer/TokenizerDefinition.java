package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.split.PreTokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parts of a tokenizer, as a `tokenizer.json` lists them; a part that is null does nothing.
record TokenizerDefinition(
    List<AddedToken> addedTokens,
    @Nullable PreTokenizer preTokenizer,
    @Nullable PostProcessor postProcessor,
    @Nullable Decoder decoder,
    Model model) {

  TokenizerDefinition {
    addedTokens = List.copyOf(addedTokens);
  }
}
