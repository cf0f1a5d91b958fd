package dev.heed.task;

import dev.heed.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.List;

/// A text as a model got it.
///
/// @param tokens in their order
/// @param words the tokens' places joined where they write one word; special tokens stand alone
public record ExploredText(List<Token> tokens, List<List<Integer>> words) {
  /// A token.
  ///
  /// @param token as the vocabulary writes it
  /// @param shown the part of the text that it stands for; the token where there is none
  /// @param start where that part begins in the text, in UTF-16 units
  /// @param end one past where it ends
  /// @param special whether the tokenizer added it
  public record Token(int id, String token, String shown, int start, int end, boolean special) {}

  public ExploredText {
    tokens = List.copyOf(tokens);
    words = List.copyOf(words);
  }

  static ExploredText of(Encoding encoding, String text) {
    List<Token> tokens = new ArrayList<>();
    for (int i = 0; i < encoding.size(); i++) {
      int start = encoding.start(i);
      int end = encoding.end(i);
      boolean own = encoding.isSpecial(i) || end <= start;
      String piece = own ? encoding.token(i) : text.substring(start, end).strip();
      tokens.add(
          new Token(
              encoding.id(i),
              encoding.token(i),
              piece.isEmpty() ? encoding.token(i) : piece,
              Math.max(0, start),
              Math.max(0, end),
              own));
    }
    return new ExploredText(tokens, words(tokens, text));
  }

  /// A token that comes before all others of a target.
  ExploredText behind(Token first) {
    List<Token> all = new ArrayList<>(tokens);
    all.addFirst(first);
    List<List<Integer>> moved = new ArrayList<>();
    moved.add(List.of(0));
    words.forEach(word -> moved.add(word.stream().map(place -> place + 1).toList()));
    return new ExploredText(all, moved);
  }

  /// The first tokens alone.
  ExploredText first(int count) {
    return new ExploredText(
        tokens.subList(0, count),
        words.stream()
            .map(word -> word.stream().filter(place -> place < count).toList())
            .filter(word -> !word.isEmpty())
            .toList());
  }

  private static List<List<Integer>> words(List<Token> tokens, String text) {
    List<List<Integer>> words = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (i > 0 && goesOn(tokens.get(i - 1), tokens.get(i), text)) {
        List<Integer> longer = new ArrayList<>(words.removeLast());
        longer.add(i);
        words.add(List.copyOf(longer));
      } else {
        words.add(List.of(i));
      }
    }
    return words;
  }

  private static boolean goesOn(Token before, Token next, String text) {
    if (before.special || next.special || before.end == 0) {
      return false;
    }
    if (next.start < before.end) {
      return true; // bytes of one character
    }
    if (text.substring(before.start, before.end).isBlank()) {
      return next.start == before.end; // a space that is a token of its own
    }
    return next.start == before.end
        && isOfWord(text.codePointBefore(before.end))
        && isOfWord(text.codePointAt(next.start));
  }

  private static boolean isOfWord(int character) {
    return switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK -> true;
      default -> Character.isLetterOrDigit(character);
    };
  }

  /// The ids.
  int[] ids() {
    return tokens.stream().mapToInt(Token::id).toArray();
  }
}
