package dev.heed.task;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/// A piece of a document, short enough for one vector.
///
/// @param text what it says
/// @param source where it stands: the document's name and the number of its first line, from 1
public record Passage(String text, String source) {
  /// Cuts a document at its empty lines; a paragraph that is too long, between sentences; and a
  /// sentence that is too long, between words.
  ///
  /// @param name the document's name
  /// @param most the greatest size of a passage
  /// @param size of a text, such as its number of tokens
  static List<Passage> of(String name, String document, int most, ToIntFunction<String> size) {
    List<Passage> passages = new ArrayList<>();
    StringBuilder paragraph = new StringBuilder();
    int first = 0;
    int number = 0;
    for (String line : (Iterable<String>) document.lines()::iterator) {
      number++;
      if (!line.isBlank()) {
        if (paragraph.isEmpty()) {
          first = number;
        }
        paragraph.append(line.strip()).append('\n');
      } else {
        cut(paragraph, name + ":" + first, most, size, passages);
      }
    }
    cut(paragraph, name + ":" + first, most, size, passages);
    return passages;
  }

  private static void cut(
      StringBuilder paragraph,
      String source,
      int most,
      ToIntFunction<String> size,
      List<Passage> to) {
    String text = paragraph.toString().strip();
    paragraph.setLength(0);
    if (text.isEmpty()) {
      return;
    }
    if (size.applyAsInt(text) <= most) {
      to.add(new Passage(text, source));
      return;
    }
    for (String piece : joined(text, BreakIterator.getSentenceInstance(Locale.ROOT), most, size)) {
      if (size.applyAsInt(piece) <= most) {
        to.add(new Passage(piece, source));
      } else {
        joined(piece, BreakIterator.getWordInstance(Locale.ROOT), most, size)
            .forEach(words -> to.add(new Passage(words, source)));
      }
    }
  }

  /// Pieces between the breaks, as many at a time as fit; one that does not fit stands alone.
  private static List<String> joined(
      String text, BreakIterator breaks, int most, ToIntFunction<String> size) {
    List<String> pieces = new ArrayList<>();
    breaks.setText(text);
    StringBuilder piece = new StringBuilder();
    int parts = 0;
    int from = breaks.first();
    for (int to = breaks.next(); to != BreakIterator.DONE; from = to, to = breaks.next()) {
      String part = text.substring(from, to);
      int own = size.applyAsInt(part);
      if (!piece.isEmpty() && parts + own > most) {
        pieces.add(piece.toString().strip());
        piece.setLength(0);
        parts = 0;
      }
      piece.append(part);
      parts += own;
    }
    pieces.add(piece.toString().strip());
    pieces.removeIf(String::isEmpty);
    return pieces;
  }
}
