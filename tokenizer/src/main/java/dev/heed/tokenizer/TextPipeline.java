package dev.heed.tokenizer;

import dev.heed.tokenizer.model.TokenBuffer;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.text.AlignedText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// From a text to tokens: added tokens are taken out, the rest is normalised, added tokens are
/// looked for again in what came out, and what is left goes to the words.
final class TextPipeline {
  private final @Nullable Normalizer normalizer;
  private final WordPipeline words;
  private final AddedTokens literal = new AddedTokens();
  private final AddedTokens normalized = new AddedTokens();

  TextPipeline(TokenizerDefinition definition, List<AddedToken> added) {
    normalizer = definition.normalizer();
    words = new WordPipeline(definition.preTokenizer(), definition.model());
    for (AddedToken token : added) {
      if (token.normalized()) {
        normalized.add(normalize(AlignedText.of(token.content())).toString(), token);
      } else {
        literal.add(token.content(), token);
      }
    }
  }

  private AlignedText normalize(AlignedText text) {
    return normalizer == null ? text : normalizer.apply(text);
  }

  void tokenize(String text, TokenBuffer tokens) {
    AlignedText original = AlignedText.of(text);
    List<AddedTokens.Part> parts = literal.isEmpty() ? List.of() : literal.find(original);
    if (parts.isEmpty()) {
      tokenizeStretch(original, 0, tokens);
      return;
    }
    int word = 0;
    for (AddedTokens.Part part : parts) {
      AlignedText piece = original.slice(part.from(), part.to());
      if (part.token() == null) {
        word = tokenizeStretch(piece, word, tokens);
      } else {
        add(part.token(), piece, word++, tokens);
      }
    }
  }

  private int tokenizeStretch(AlignedText original, int firstWord, TokenBuffer tokens) {
    AlignedText text = normalize(original);
    List<AddedTokens.Part> parts = normalized.isEmpty() ? List.of() : normalized.find(text);
    if (parts.isEmpty()) {
      return words.tokenize(text, firstWord, tokens);
    }
    int word = firstWord;
    for (AddedTokens.Part part : parts) {
      AlignedText piece = text.slice(part.from(), part.to());
      if (part.token() == null) {
        word = words.tokenize(piece, word, tokens);
      } else {
        add(part.token(), piece, word++, tokens);
      }
    }
    return word;
  }

  private static void add(AddedToken token, AlignedText piece, int word, TokenBuffer tokens) {
    int start = piece.originalStart(piece.from());
    int end = piece.originalEnd(piece.to() - 1);
    String surface = piece.toString();
    if (surface.equals(token.content())) {
      tokens.add(token.id(), start, end, word);
    } else {
      tokens.add(token.id(), start, end, word, surface);
    }
  }
}
