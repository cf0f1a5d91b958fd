package dev.heed.tokenizer;

import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.ByteLevelBpe;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.model.TokenBuffer;
import dev.heed.tokenizer.split.Gpt2Scanner;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.SplitBehavior;
import dev.heed.tokenizer.split.WordScanner;
import dev.heed.tokenizer.text.AlignedText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// From a normalised stretch of text to tokens: cut into words, each word into tokens.
///
/// Byte-level BPE, which most large models use, goes straight from characters to tokens without the
/// stand-in characters; published expressions are recognised and run as scanners.
final class WordPipeline {
  private final Model model;

  /// What cuts the text; null where the text is one word. With `bytes` without its last,
  /// byte-level, step.
  private final @Nullable PreTokenizer preTokenizer;

  private final @Nullable ByteLevelBpe bytes;
  private final PreTokenizer.@Nullable ByteLevel prefix;
  private final @Nullable WordScanner scanner;

  WordPipeline(@Nullable PreTokenizer preTokenizer, Model model) {
    this.model = model;
    ByteLevelBpe byteLevel = model instanceof Bpe bpe ? ByteLevelBpe.of(bpe) : null;
    List<PreTokenizer> steps =
        preTokenizer instanceof PreTokenizer.Sequence sequence
            ? sequence.parts()
            : preTokenizer == null ? List.of() : List.of(preTokenizer);
    PreTokenizer.ByteLevel last =
        !steps.isEmpty() && steps.getLast() instanceof PreTokenizer.ByteLevel b ? b : null;
    boolean alone = steps.size() == 1;
    if (byteLevel == null || last == null || !alone && (last.addPrefixSpace() || last.useRegex())) {
      this.preTokenizer = preTokenizer;
      this.bytes = null;
      this.prefix = null;
      this.scanner = null;
      return;
    }
    List<PreTokenizer> before = steps.subList(0, steps.size() - 1);
    WordScanner known = alone && last.useRegex() ? new Gpt2Scanner() : null;
    if (before.size() == 1) {
      known = scannerOf(before.getFirst());
    }
    this.bytes = byteLevel;
    this.prefix = last;
    this.scanner = known;
    this.preTokenizer =
        before.isEmpty() || known != null ? null : new PreTokenizer.Sequence(before);
  }

  private static @Nullable WordScanner scannerOf(PreTokenizer step) {
    return step instanceof PreTokenizer.Split split
            && split.behavior() == SplitBehavior.ISOLATED
            && !split.invert()
            && !split.pattern().isLiteral()
        ? WordScanner.forExpression(split.pattern().source())
        : null;
  }

  /// Appends the tokens of `text`, whose first word has number `word`, to `tokens`.
  ///
  /// @return the number of the next word
  int tokenize(AlignedText text, int word, TokenBuffer tokens) {
    if (text.isEmpty()) {
      return word;
    }
    if (bytes == null || prefix == null) {
      Words words = new Words(word, tokens);
      if (preTokenizer == null) {
        words.accept(text);
      } else {
        preTokenizer.split(text, words::accept);
      }
      return words.next;
    }
    AlignedText spaced = prefix.withPrefix(text);
    if (scanner != null) {
      return scan(scanner, bytes, spaced, word, tokens);
    }
    Words words = new Words(word, tokens);
    if (preTokenizer == null) {
      words.acceptBytes(bytes, spaced);
    } else {
      ByteLevelBpe model = bytes;
      preTokenizer.split(spaced, piece -> words.acceptBytes(model, piece));
    }
    return words.next;
  }

  private static int scan(
      WordScanner scanner, ByteLevelBpe bytes, AlignedText text, int word, TokenBuffer tokens) {
    char[] chars = text.chars();
    int to = text.to();
    int next = word;
    for (int from = text.from(); from < to; ) {
      int end = scanner.wordEnd(chars, from, to);
      bytes.tokenize(text, from, end, next++, tokens);
      from = end;
    }
    return next;
  }

  /// Numbers words and gives them to the model.
  private final class Words {
    private int next;
    private final TokenBuffer tokens;

    Words(int first, TokenBuffer tokens) {
      this.next = first;
      this.tokens = tokens;
    }

    void accept(AlignedText word) {
      model.tokenize(word, next++, tokens);
    }

    void acceptBytes(ByteLevelBpe bytes, AlignedText word) {
      bytes.tokenize(word, word.from(), word.to(), next++, tokens);
    }
  }
}
