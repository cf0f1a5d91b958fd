package dev.heed.tokenizer;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.Unicode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds a set of added tokens in a text: the leftmost first, of those the longest.
///
/// Source: `tokenizer/added_vocabulary.rs` of Hugging Face tokenizers. A trie is walked from each
/// position that a token may begin at, so that time is the text's length times the longest token's.
final class AddedTokens {
  /// A stretch of text between matches (`token` null), or a match with its white space.
  record Part(@Nullable AddedToken token, int from, int to) {}

  private static final class Node {
    final Map<Character, Node> children = new HashMap<>();
    @Nullable AddedToken token;
  }

  private final Node root = new Node();
  private final BitSet first = new BitSet();

  /// Looks for `token` where `text` stands.
  void add(String text, AddedToken token) {
    if (text.isEmpty()) {
      return;
    }
    Node node = root;
    for (int i = 0; i < text.length(); i++) {
      node = node.children.computeIfAbsent(text.charAt(i), c -> new Node());
    }
    node.token = token;
    first.set(text.charAt(0));
  }

  boolean isEmpty() {
    return first.isEmpty();
  }

  /// The text in parts, in order and without gaps; none where there is no match at all.
  List<Part> find(AlignedText text) {
    char[] chars = text.chars();
    int to = text.to();
    List<Part> parts = new ArrayList<>();
    int done = text.from();
    for (int i = text.from(); i < to; ) {
      if (!first.get(chars[i])) {
        i++;
        continue;
      }
      int end = -1;
      AddedToken token = null;
      Node node = root;
      for (int j = i; j < to; ) {
        node = node.children.get(chars[j++]);
        if (node == null) {
          break;
        }
        if (node.token != null) {
          token = node.token;
          end = j;
        }
      }
      if (token == null) {
        i++;
        continue;
      }
      int begin = i;
      i = end;
      if (token.singleWord()
          && (begin > text.from() && isWord(Unicode.codePointBefore(chars, text.from(), begin))
              || end < to && isWord(Unicode.codePointAt(chars, end, to)))) {
        continue;
      }
      if (token.stripLeft()) {
        while (begin > done && Unicode.isWhitespace(chars[begin - 1])) {
          begin--;
        }
      }
      if (token.stripRight()) {
        while (end < to && Unicode.isWhitespace(chars[end])) {
          end++;
        }
      }
      if (done < begin) {
        parts.add(new Part(null, done, begin));
      }
      parts.add(new Part(token, begin, end));
      done = end;
    }
    if (!parts.isEmpty() && done < to) {
      parts.add(new Part(null, done, to));
    }
    return parts;
  }

  private static boolean isWord(int codePoint) {
    return Unicode.isWord(codePoint);
  }
}
