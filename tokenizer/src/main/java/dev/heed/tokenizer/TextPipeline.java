package dev.heed.tokenizer;

import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.ByteLevelBpe;
import dev.heed.tokenizer.model.TokenBuffer;
import dev.heed.tokenizer.split.Gpt2Scanner;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.WordScanner;
import dev.heed.tokenizer.text.AlignedText;
import org.jspecify.annotations.Nullable;

/// From a stretch of text without added tokens to tokens: normalise, cut into words, tokenize.
final class TextPipeline {
  private final ByteLevelBpe bytes;
  private final PreTokenizer.ByteLevel byteLevel;
  private final @Nullable WordScanner scanner;

  TextPipeline(TokenizerDefinition definition) {
    if (!(definition.model() instanceof Bpe bpe)
        || !(definition.preTokenizer() instanceof PreTokenizer.ByteLevel pre)
        || ByteLevelBpe.of(bpe) == null) {
      throw new IllegalArgumentException("Only byte-level BPE so far");
    }
    bytes = java.util.Objects.requireNonNull(ByteLevelBpe.of(bpe));
    byteLevel = pre;
    scanner = pre.useRegex() ? new Gpt2Scanner() : null;
  }

  /// Appends the tokens of `text`, whose first word has number `word`, to `tokens`.
  ///
  /// @return the number of the next word
  int tokenize(AlignedText text, int word, TokenBuffer tokens) {
    if (byteLevel.addPrefixSpace() && !text.startsWith(" ")) {
      text = text.prepend(" ");
    }
    if (text.isEmpty()) {
      return word;
    }
    if (scanner == null) {
      bytes.tokenize(text, text.from(), text.to(), word, tokens);
      return word + 1;
    }
    char[] chars = text.chars();
    int to = text.to();
    for (int from = text.from(); from < to; ) {
      int end = scanner.wordEnd(chars, from, to);
      bytes.tokenize(text, from, end, word++, tokens);
      from = end;
    }
    return word;
  }
}
