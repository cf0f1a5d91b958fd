package dev.heed.tokenizer.decode;

import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.text.ByteAlphabet;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Turns the tokens of a text back into pieces of it; the pieces joined are the text.
///
/// Source: `decoders` of Hugging Face tokenizers, type by type.
public sealed interface Decoder {
  /// A token that stands before another.
  String BEFORE = "a";

  /// The pieces that `tokens` stand for.
  List<String> decode(List<String> tokens);

  /// What one token adds to the middle of a text, in UTF-8, of which it may be no whole character.
  ///
  /// @param decoder null where tokens are words between spaces
  static byte[] bytes(@Nullable Decoder decoder, String token) {
    if (has(decoder, ByteLevel.class)) {
      return ByteLevel.bytesOf(token);
    }
    int single = has(decoder, ByteFallback.class) ? ByteFallback.byteOf(token) : -1;
    if (single >= 0) {
      return new byte[] {(byte) single};
    }
    if (decoder == null) {
      return (" " + token).getBytes(StandardCharsets.UTF_8);
    }
    String text = String.join("", decoder.decode(List.of(BEFORE, token)));
    String added = text.startsWith(BEFORE) ? text.substring(BEFORE.length()) : text;
    return added.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean has(@Nullable Decoder decoder, Class<? extends Decoder> kind) {
    return kind.isInstance(decoder)
        || decoder instanceof Sequence sequence
            && sequence.parts.stream().anyMatch(part -> has(part, kind));
  }

  private static List<String> each(List<String> tokens, UnaryOperator<String> change) {
    List<String> pieces = new ArrayList<>(tokens);
    pieces.replaceAll(change);
    return pieces;
  }

  /// Undoes the stand-in characters of bytes. What is not UTF-8 becomes U+FFFD.
  record ByteLevel() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (String token : tokens) {
        bytes.writeBytes(bytesOf(token));
      }
      return List.of(bytes.toString(StandardCharsets.UTF_8));
    }

    /// A token with any other character in it stands for itself.
    private static byte[] bytesOf(String token) {
      byte[] bytes = new byte[token.length()];
      for (int i = 0; i < bytes.length; i++) {
        int b = ByteAlphabet.byteOf(token.charAt(i));
        if (b < 0) {
          return token.getBytes(StandardCharsets.UTF_8);
        }
        bytes[i] = (byte) b;
      }
      return bytes;
    }
  }

  /// Joins continuing tokens to their word and puts a space before every other.
  ///
  /// @param cleanup whether the spaces before punctuation and contractions go
  record WordPiece(String prefix, boolean cleanup) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> pieces = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        String piece =
            pieces.isEmpty()
                ? token
                : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
        pieces.add(cleanup ? cleaned(piece) : piece);
      }
      return pieces;
    }

    static String cleaned(String text) {
      if (text.indexOf(' ') < 0) {
        return text;
      }
      return text.replace(" .", ".")
          .replace(" ?", "?")
          .replace(" !", "!")
          .replace(" ,", ",")
          .replace(" ' ", "'")
          .replace(" n't", "n't")
          .replace(" 'm", "'m")
          .replace(" do not", " don't")
          .replace(" 's", "'s")
          .replace(" 've", "'ve")
          .replace(" 're", "'re");
    }
  }

  /// Visible spaces become spaces; the one before the text goes where one was put there.
  record Metaspace(String replacement, PreTokenizer.Metaspace.Prepend prepend) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      boolean prepended = prepend != PreTokenizer.Metaspace.Prepend.NEVER;
      List<String> pieces = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        pieces.add(token.replace(replacement, pieces.isEmpty() && prepended ? "" : " "));
      }
      return pieces;
    }
  }

  /// A suffix marks the end of a word and becomes a space.
  record Bpe(String suffix) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> pieces = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        pieces.add(token.replace(suffix, pieces.size() == tokens.size() - 1 ? "" : " "));
      }
      return pieces;
    }
  }

  /// Connectionist temporal classification: repeated tokens count once, padding separates.
  record Ctc(String paddingToken, String wordDelimiter, boolean cleanup) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> pieces = new ArrayList<>(tokens.size());
      String previous = null;
      for (String token : tokens) {
        if (!token.equals(previous)) {
          String piece = token.replace(paddingToken, "");
          if (cleanup) {
            piece = WordPiece.cleaned(piece).replace(wordDelimiter, " ");
          }
          if (!piece.isEmpty()) {
            pieces.add(piece);
          }
        }
        previous = token;
      }
      return pieces;
    }
  }

  /// Every match of a pattern by a text.
  record Replace(Expression pattern, String content) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      return each(tokens, this::replaced);
    }

    private String replaced(String token) {
      StringBuilder out = new StringBuilder();
      char[] chars = token.toCharArray();
      pattern.split(
          chars,
          0,
          chars.length,
          (from, to, match) -> {
            if (match) {
              out.append(content);
            } else {
              out.append(chars, from, to - from);
            }
          });
      return out.toString();
    }
  }

  /// One piece out of all.
  record Fuse() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      return List.of(String.join("", tokens));
    }
  }

  /// Takes a character off the ends of every token, up to `start` and `stop` times.
  record Strip(int content, int start, int stop) implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      return each(tokens, this::stripped);
    }

    private String stripped(String token) {
      int[] c = token.codePoints().toArray();
      int from = 0;
      while (from < start && from < c.length && c[from] == content) {
        from++;
      }
      int to = c.length;
      while (c.length - to < stop && to > 0 && c[to - 1] == content) {
        to--;
      }
      return from < to ? new String(c, from, to - from) : "";
    }
  }

  /// Runs of byte tokens (`<0xC3>`) become the text that they are in UTF-8; a run that is not
  /// becomes one U+FFFD a byte.
  record ByteFallback() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> pieces = new ArrayList<>(tokens.size());
      ByteArrayOutputStream run = new ByteArrayOutputStream();
      for (String token : tokens) {
        int b = byteOf(token);
        if (b >= 0) {
          run.write(b);
        } else {
          flush(run, pieces);
          pieces.add(token);
        }
      }
      flush(run, pieces);
      return pieces;
    }

    private static int byteOf(String token) {
      if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
        return -1;
      }
      int high = hexDigit(token.charAt(3));
      int low = hexDigit(token.charAt(4));
      return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int hexDigit(char c) {
      return c < 128 ? Character.digit(c, 16) : -1;
    }

    private static void flush(ByteArrayOutputStream run, List<String> pieces) {
      if (run.size() == 0) {
        return;
      }
      byte[] bytes = run.toByteArray();
      try {
        pieces.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
      } catch (CharacterCodingException e) {
        for (int i = 0; i < bytes.length; i++) {
          pieces.add("\ufffd");
        }
      }
      run.reset();
    }
  }

  /// One after the other.
  record Sequence(List<Decoder> parts) implements Decoder {
    public Sequence {
      parts = List.copyOf(parts);
    }

    @Override
    public List<String> decode(List<String> tokens) {
      List<String> pieces = tokens;
      for (Decoder part : parts) {
        pieces = part.decode(pieces);
      }
      return pieces;
    }
  }
}
