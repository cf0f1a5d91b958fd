package dev.heed.tokenizer.split;

import dev.heed.tokenizer.text.Unicode;

/// The words of GPT-4, Llama 3 and Qwen: contractions in any case, letters with one character
/// before them, numbers of a few digits, other characters with line breaks behind them.
///
/// Source: the expression of the `cl100k_base` encoding, which Llama 3 took over and Qwen changed
/// to single digits; see [#expression].
public final class Cl100kScanner implements WordScanner {
  private final int digits;

  /// @param digits the most digits of a number: 3 for GPT-4 and Llama 3, 1 for Qwen
  public Cl100kScanner(int digits) {
    this.digits = digits;
  }

  /// The expression that the scanner of so many `digits` stands for.
  public static String expression(int digits) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + (digits == 1 ? "\\p{N}" : "\\p{N}{1," + digits + "}")
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  @Override
  public int wordEnd(char[] text, int from, int to) {
    char c = text[from];
    if (c == '\'') {
      int end = contractionEnd(text, from + 1, to);
      if (end > 0) {
        return end;
      }
    }
    int kind = Gpt2Scanner.classAt(text, from, to);
    if (kind == Gpt2Scanner.LETTER) {
      return Gpt2Scanner.runEnd(text, from, to, Gpt2Scanner.LETTER);
    }
    if (kind == Gpt2Scanner.NUMBER) {
      return numberEnd(text, from, to);
    }
    int next = from + Character.charCount(Unicode.codePointAt(text, from, to));
    int nextKind = next < to ? Gpt2Scanner.classAt(text, next, to) : 0;
    if (nextKind == Gpt2Scanner.LETTER && c != '\r' && c != '\n') {
      return Gpt2Scanner.runEnd(text, next, to, Gpt2Scanner.LETTER);
    }
    if (kind == Gpt2Scanner.OTHER || c == ' ' && nextKind == Gpt2Scanner.OTHER) {
      int end = Gpt2Scanner.runEnd(text, next, to, Gpt2Scanner.OTHER);
      while (end < to && (text[end] == '\r' || text[end] == '\n')) {
        end++;
      }
      return end;
    }
    return spaceEnd(text, from, to);
  }

  private int numberEnd(char[] text, int from, int to) {
    int end = from;
    for (int n = 0; n < digits && end < to; n++) {
      if (Gpt2Scanner.classAt(text, end, to) != Gpt2Scanner.NUMBER) {
        break;
      }
      end += Character.charCount(Unicode.codePointAt(text, end, to));
    }
    return end;
  }

  /// A run of white space up to its last line break; without one as in GPT-2.
  private static int spaceEnd(char[] text, int from, int to) {
    int end = Gpt2Scanner.runEnd(text, from, to, Gpt2Scanner.SPACE);
    for (int i = end; i > from; i--) {
      if (text[i - 1] == '\r' || text[i - 1] == '\n') {
        return i;
      }
    }
    return end < to && end - from > 1 ? end - 1 : end;
  }

  private static int contractionEnd(char[] text, int i, int to) {
    if (i >= to) {
      return -1;
    }
    int c = lower(text[i]);
    if (c == 's' || c == 't' || c == 'm' || c == 'd') {
      return i + 1;
    }
    if (i + 1 < to) {
      int d = lower(text[i + 1]);
      if (c == 'r' && d == 'e' || c == 'v' && d == 'e' || c == 'l' && d == 'l') {
        return i + 2;
      }
    }
    return -1;
  }

  /// Besides ASCII only the long s is an s in another case.
  private static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c == 0x17f ? 's' : c;
  }
}
