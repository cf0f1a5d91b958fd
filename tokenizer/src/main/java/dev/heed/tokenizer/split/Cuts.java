package dev.heed.tokenizer.split;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.Unicode;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/// Cutting a text at single characters.
final class Cuts {
  private Cuts() {}

  /// Every character that `delimiter` holds for is a delimiter.
  static void at(
      AlignedText text,
      IntPredicate delimiter,
      SplitBehavior behavior,
      Consumer<AlignedText> words) {
    SplitBehavior.Collector collector = behavior.collector((a, b) -> give(text, a, b, words));
    char[] chars = text.chars();
    int to = text.to();
    int begin = text.from();
    for (int i = begin; i < to; ) {
      int c = Unicode.codePointAt(chars, i, to);
      int end = i + Character.charCount(c);
      if (delimiter.test(c)) {
        if (begin < i) {
          collector.stretch(begin, i, false);
        }
        collector.stretch(i, end, true);
        begin = end;
      }
      i = end;
    }
    if (begin < to) {
      collector.stretch(begin, to, false);
    }
    collector.finish();
  }

  static void give(AlignedText text, int from, int to, Consumer<AlignedText> words) {
    if (from < to) {
      words.accept(text.slice(from, to));
    }
  }

  static void give(AlignedText text, Consumer<AlignedText> words) {
    if (!text.isEmpty()) {
      words.accept(text);
    }
  }
}
