package dev.heed.tokenizer.normalizer;

import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.ReferenceUnicode;
import dev.heed.tokenizer.text.Unicode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rewrites a text before it is cut into words.
///
/// Source: `normalizers` of Hugging Face tokenizers, type by type.
public sealed interface Normalizer
    permits Normalizer.Bert,
        Normalizer.UnicodeForm,
        Normalizer.Lowercase,
        Normalizer.Strip,
        Normalizer.StripAccents,
        Normalizer.Nmt,
        Normalizer.Replace,
        Normalizer.Prepend,
        Normalizer.ByteLevel,
        Normalizer.Sequence,
        Precompiled,
        SentencePieceNormalizer {
  AlignedText apply(AlignedText text);

  /// BERT's: controls out, spaces around Chinese characters, accents off, lower case.
  ///
  /// @param stripAccents null for "where lower case is asked for"
  record Bert(
      boolean cleanText,
      boolean handleChineseChars,
      @Nullable Boolean stripAccents,
      boolean lowercase)
      implements Normalizer {

    /// Whether accents are taken off in the end.
    public boolean stripsAccents() {
      return stripAccents == null ? lowercase : stripAccents;
    }

    @Override
    public AlignedText apply(AlignedText text) {
      AlignedText result = text;
      if (cleanText) {
        result =
            result.filter(c -> !isDropped(c)).mapEach(c -> c != ' ' && isSpace(c) ? " " : null);
      }
      if (handleChineseChars) {
        result = result.mapEach(c -> isChinese(c) ? " " + Character.toString(c) + " " : null);
      }
      if (stripsAccents()) {
        result =
            result
                .normalize(java.text.Normalizer.Form.NFD)
                .filter(c -> !ReferenceUnicode.isNonSpacingMark(c));
      }
      return lowercase ? result.mapEach(Lowercase::lower) : result;
    }

    private static boolean isSpace(int c) {
      return Unicode.isWhitespace(c);
    }

    private static boolean isDropped(int c) {
      return c == 0
          || c == 0xfffd
          || c != '\t' && c != '\n' && c != '\r' && ReferenceUnicode.isOther(c);
    }

    private static boolean isChinese(int c) {
      return c >= 0x4e00 && c <= 0x9fff
          || c >= 0x3400 && c <= 0x4dbf
          || c >= 0x20000 && c <= 0x2a6df
          || c >= 0x2a700 && c <= 0x2b73f
          || c >= 0x2b740 && c <= 0x2b81f
          || c >= 0x2b920 && c <= 0x2ceaf
          || c >= 0xf900 && c <= 0xfaff
          || c >= 0x2f800 && c <= 0x2fa1f;
    }
  }

  /// One of the four Unicode normalisation forms.
  record UnicodeForm(java.text.Normalizer.Form form) implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.normalize(form);
    }
  }

  /// Lower case, character by character (a final sigma is a sigma).
  record Lowercase() implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.mapEach(Lowercase::lower);
    }

    /// The lower case of `c`, null where it is `c`. Only U+0130 has two characters.
    static @Nullable String lower(int c) {
      if (c == 0x130) {
        return "i\u0307";
      }
      int lower = Character.toLowerCase(c);
      return lower == c ? null : Character.toString(lower);
    }
  }

  /// Without white space at the ends.
  record Strip(boolean left, boolean right) implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.strip(left, right);
    }
  }

  /// Without combining marks.
  record StripAccents() implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.filter(c -> !ReferenceUnicode.isCombiningMark(c));
    }
  }

  /// SentencePiece's cleaning for translation: controls out, odd spaces become spaces.
  record Nmt() implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.filter(c -> !isControl(c)).mapEach(c -> isOddSpace(c) ? " " : null);
    }

    private static boolean isControl(int c) {
      return c >= 1 && c <= 8
          || c == 0xb
          || c >= 0xe && c <= 0x1f
          || c == 0x7f
          || c == 0x8f
          || c == 0x9f;
    }

    private static boolean isOddSpace(int c) {
      return switch (c) {
        case 0x9, 0xa, 0xc, 0xd, 0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd -> true;
        default -> c >= 0x200b && c <= 0x200f;
      };
    }
  }

  /// Every match of a pattern by a text.
  record Replace(Expression pattern, String content) implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.replace(pattern, content);
    }
  }

  /// A text before every text that is not empty.
  record Prepend(String text) implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.prepend(this.text);
    }
  }

  /// The stand-in characters of the text's bytes.
  record ByteLevel() implements Normalizer {
    @Override
    public AlignedText apply(AlignedText text) {
      return text.toByteLevel();
    }
  }

  /// One after the other.
  record Sequence(List<Normalizer> parts) implements Normalizer {
    public Sequence {
      parts = List.copyOf(parts);
    }

    @Override
    public AlignedText apply(AlignedText text) {
      AlignedText result = text;
      for (Normalizer part : parts) {
        result = part.apply(result);
      }
      return result;
    }
  }
}
