package dev.heed.tokenizer.split;

import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.ReferenceUnicode;
import dev.heed.tokenizer.text.Scripts;
import dev.heed.tokenizer.text.Unicode;
import java.util.List;
import java.util.function.Consumer;

/// Cuts normalised text into words; the model never merges across them.
///
/// Source: `pre_tokenizers` of Hugging Face tokenizers, type by type.
public sealed interface PreTokenizer {
  /// Gives the words of `text`, in order, to `words`; empty ones are left out.
  void split(AlignedText text, Consumer<AlignedText> words);

  /// BERT's: at white space, which is dropped, and around every punctuation character.
  record Bert() implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Cuts.at(
          text,
          Unicode::isWhitespace,
          SplitBehavior.REMOVED,
          word -> Cuts.at(word, ReferenceUnicode::isPunctuation, SplitBehavior.ISOLATED, words));
    }
  }

  /// Writes text as the 256 stand-in characters of its bytes, after cutting it into GPT-2's words.
  ///
  /// @param addPrefixSpace whether text that does not begin with a space gets one
  /// @param trimOffsets whether the post-processor takes white space out of spans
  /// @param useRegex whether to cut; without it another pre-tokenizer has done so
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PreTokenizer {
    private static final WordScanner GPT2 = new Gpt2Scanner();

    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      AlignedText spaced = withPrefix(text);
      if (!useRegex) {
        Cuts.give(spaced.toByteLevel(), words);
        return;
      }
      char[] chars = spaced.chars();
      for (int from = spaced.from(); from < spaced.to(); ) {
        int end = GPT2.wordEnd(chars, from, spaced.to());
        words.accept(spaced.slice(from, end).toByteLevel());
        from = end;
      }
    }

    /// `text` with the space before it that it should have.
    public AlignedText withPrefix(AlignedText text) {
      return addPrefixSpace && !text.startsWith(" ") ? text.prepend(" ") : text;
    }
  }

  /// At one character, which is dropped.
  record CharDelimiterSplit(int delimiter) implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Cuts.at(text, c -> c == delimiter, SplitBehavior.REMOVED, words);
    }
  }

  /// SentencePiece's: a space becomes a visible character that begins the word behind it.
  record Metaspace(String replacement, Prepend prepend, boolean split) implements PreTokenizer {
    /// Which stretches of a text get the character put before them.
    public enum Prepend {
      FIRST,
      NEVER,
      ALWAYS
    }

    private static final Expression SPACE = Expression.literal(" ");

    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      AlignedText replaced = text.replace(SPACE, replacement);
      boolean wanted =
          switch (prepend) {
            case ALWAYS -> true;
            case FIRST -> text.originalFrom() == 0;
            case NEVER -> false;
          };
      AlignedText spaced =
          wanted && !replaced.startsWith(replacement) ? replaced.prepend(replacement) : replaced;
      if (!split) {
        Cuts.give(spaced, words);
        return;
      }
      int mark = replacement.codePointAt(0);
      Cuts.at(spaced, c -> c == mark, SplitBehavior.MERGED_WITH_NEXT, words);
    }
  }

  /// Runs of word characters and runs of anything else but white space.
  record Whitespace() implements PreTokenizer {
    private static final int SPACE = 0;
    private static final int WORD = 1;
    private static final int OTHER = 2;

    private static int kind(int c) {
      return Unicode.isWord(c) ? WORD : Unicode.isWhitespace(c) ? SPACE : OTHER;
    }

    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      char[] chars = text.chars();
      int to = text.to();
      for (int from = text.from(); from < to; ) {
        int kind = kind(Unicode.codePointAt(chars, from, to));
        int end = from;
        while (end < to && kind(Unicode.codePointAt(chars, end, to)) == kind) {
          end += Character.charCount(Unicode.codePointAt(chars, end, to));
        }
        if (kind != SPACE) {
          words.accept(text.slice(from, end));
        }
        from = end;
      }
    }
  }

  /// At white space, which is dropped.
  record WhitespaceSplit() implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Cuts.at(text, Unicode::isWhitespace, SplitBehavior.REMOVED, words);
    }
  }

  /// Around numbers, or around every digit.
  record Digits(boolean individual) implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Cuts.at(
          text,
          Unicode::isNumber,
          individual ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS,
          words);
    }
  }

  /// At punctuation.
  record Punctuation(SplitBehavior behavior) implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Cuts.at(text, ReferenceUnicode::isPunctuation, behavior, words);
    }
  }

  /// At the matches of an expression, or, where `invert`, at what is between them.
  record Split(Expression pattern, SplitBehavior behavior, boolean invert) implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      SplitBehavior.Collector collector =
          behavior.collector((a, b) -> Cuts.give(text, a, b, words));
      pattern.split(
          text.chars(),
          text.from(),
          text.to(),
          (from, to, match) -> collector.stretch(from, to, match != invert));
      collector.finish();
    }
  }

  /// Where the script changes; kana counts as Han.
  record UnicodeScripts() implements PreTokenizer {
    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      char[] chars = text.chars();
      int to = text.to();
      int begin = text.from();
      int last = Scripts.NONE;
      for (int i = begin; i < to; ) {
        int c = Unicode.codePointAt(chars, i, to);
        int script = Scripts.of(c);
        if (script != Scripts.ANY && last != script) {
          // What stands before the first script is dropped, as in the reference.
          if (last != Scripts.NONE) {
            Cuts.give(text, begin, i, words);
          }
          begin = i;
        }
        if (script != Scripts.ANY) {
          last = script;
        }
        i += Character.charCount(c);
      }
      if (last != Scripts.NONE) {
        Cuts.give(text, begin, to, words);
      }
    }
  }

  /// Every `length` code points.
  record FixedLength(int length) implements PreTokenizer {
    public FixedLength {
      if (length < 1) {
        throw new IllegalArgumentException("length must be 1 or more: received length=" + length);
      }
    }

    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      char[] chars = text.chars();
      int to = text.to();
      for (int from = text.from(); from < to; ) {
        int end = from;
        for (int n = 0; n < length && end < to; n++) {
          end += Character.charCount(Unicode.codePointAt(chars, end, to));
        }
        words.accept(text.slice(from, end));
        from = end;
      }
    }
  }

  /// One after the other, each on the words of the one before.
  record Sequence(List<PreTokenizer> parts) implements PreTokenizer {
    public Sequence {
      parts = List.copyOf(parts);
    }

    @Override
    public void split(AlignedText text, Consumer<AlignedText> words) {
      Consumer<AlignedText> next = words;
      for (int i = parts.size() - 1; i >= 0; i--) {
        PreTokenizer part = parts.get(i);
        Consumer<AlignedText> after = next;
        next = word -> part.split(word, after);
      }
      Cuts.give(text, next);
    }
  }
}
