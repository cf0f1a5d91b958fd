package dev.heed.task;

import dev.heed.tokenizer.Encoding;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A text, and where the words in it stand.
///
/// @param text the text
/// @param words a span each, in order
record WordSpans(String text, List<Span> words) {
  /// From `start` to `end`, exclusive, in UTF-16 units.
  record Span(int start, int end) {}

  WordSpans {
    words = List.copyOf(words);
  }

  /// Words given one by one: the text has a space between them.
  static WordSpans of(List<String> words) {
    List<Span> spans = new ArrayList<>();
    int at = 0;
    for (String word : words) {
      spans.add(new Span(at, at + word.length()));
      at += word.length() + 1;
    }
    return new WordSpans(String.join(" ", words), spans);
  }

  /// The words of a text, numbers and punctuation marks.
  ///
  /// Source: Unicode's standard annex 29, as the JDK's word boundaries have it.
  static WordSpans of(String text) {
    BreakIterator boundaries = BreakIterator.getWordInstance(Locale.ROOT);
    boundaries.setText(text);
    List<Span> spans = new ArrayList<>();
    int start = boundaries.first();
    for (int end = boundaries.next(); end != BreakIterator.DONE; end = boundaries.next()) {
      if (!text.substring(start, end).isBlank()) {
        spans.add(new Span(start, end));
      }
      start = end;
    }
    return new WordSpans(text, spans);
  }

  /// The first or second half of the words, with their part of the text.
  WordSpans half(boolean first) {
    int middle = words.size() / 2;
    List<Span> kept = first ? words.subList(0, middle) : words.subList(middle, words.size());
    int from = kept.getFirst().start;
    return new WordSpans(
        text.substring(from, kept.getLast().end),
        kept.stream().map(span -> new Span(span.start - from, span.end - from)).toList());
  }

  /// The first token of each word; −1 for a word that has none, such as one of characters that the
  /// tokenizer leaves out.
  int[] firstTokens(Encoding encoding) {
    int[] first = new int[words.size()];
    int token = 0;
    for (int i = 0; i < first.length; i++) {
      Span word = words.get(i);
      while (token < encoding.size()
          && (encoding.isSpecial(token) || encoding.end(token) <= word.start)) {
        token++;
      }
      first[i] = token < encoding.size() && encoding.start(token) < word.end ? token : -1;
    }
    return first;
  }
}
