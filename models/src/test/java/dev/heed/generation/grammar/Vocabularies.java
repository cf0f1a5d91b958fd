package dev.heed.generation.grammar;

import dev.heed.tokenizer.GgufVocabulary;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerFormatException;
import dev.heed.tokenizer.text.ByteAlphabet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// Small tokenizers of both kinds: byte-level, whose tokens cut characters anywhere, and
/// SentencePiece's with byte tokens. Token 0 ends a text.
final class Vocabularies {
  private static final List<String> PIECES =
      List.of(
          "{\"",
          "\":",
          "\", \"",
          "\"}",
          "[1",
          ", ",
          "true",
          "fals",
          "null",
          "}}",
          "]]",
          "\\u00",
          "\\\"",
          "0.5",
          "e+1",
          "\u20ac",
          "\u00e9t\u00e9",
          "\ud83d\ude00",
          "name",
          "ab",
          "a\"",
          "\n  ",
          "-1",
          "12",
          "{}",
          "[]");

  private Vocabularies() {}

  static Tokenizer byteLevel(Random random) throws TokenizerFormatException {
    Set<String> tokens = new LinkedHashSet<>();
    tokens.add("<|end|>");
    for (int b = 0; b < 256; b++) {
      tokens.add(String.valueOf(ByteAlphabet.character(b)));
    }
    List<String> merges = new ArrayList<>();
    for (String piece : PIECES) {
      byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
      int from = random.nextInt(2); // from the middle of a character too
      for (int to = from + 2; to <= bytes.length; to++) {
        String left = written(bytes, from, to - 1);
        String right = written(bytes, to - 1, to);
        if (tokens.contains(left) && tokens.add(left + right)) {
          merges.add(left + " " + right);
        }
      }
    }
    return Tokenizer.of(
        vocabulary("gpt2", List.copyOf(tokens), kinds(tokens.size(), -1), new float[0], merges));
  }

  static Tokenizer sentencePiece() throws TokenizerFormatException {
    Set<String> tokens = new LinkedHashSet<>(List.of("</s>", "<unk>"));
    for (int b = 0; b < 256; b++) {
      tokens.add("<0x%02X>".formatted(b));
    }
    PIECES.forEach(piece -> tokens.add(piece.replace(' ', '\u2581')));
    "{}[]\",:\u2581abc0123456789.-".chars().forEach(c -> tokens.add(Character.toString(c)));
    float[] scores = new float[tokens.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = -i;
    }
    return Tokenizer.of(
        vocabulary("llama", List.copyOf(tokens), kinds(tokens.size(), 2), scores, List.of()));
  }

  private static int[] kinds(int size, int firstByte) {
    int[] kinds = new int[size];
    for (int i = 0; i < size; i++) {
      kinds[i] = firstByte >= 0 && i >= firstByte && i < firstByte + 256 ? 6 : 1;
    }
    kinds[0] = 3;
    if (firstByte >= 0) {
      kinds[1] = 2;
    }
    return kinds;
  }

  private static String written(byte[] bytes, int from, int to) {
    StringBuilder out = new StringBuilder();
    for (int i = from; i < to; i++) {
      out.append(ByteAlphabet.character(bytes[i] & 0xff));
    }
    return out.toString();
  }

  private static GgufVocabulary vocabulary(
      String model, List<String> tokens, int[] kinds, float[] scores, List<String> merges) {
    return new GgufVocabulary(
        model,
        null,
        tokens,
        kinds,
        scores,
        merges,
        -1,
        0,
        model.equals("llama") ? 1 : -1,
        -1,
        false,
        false,
        false,
        null);
  }
}
