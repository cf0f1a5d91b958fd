package dev.heed.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Small `tokenizer.json` files, each for other parts, over vocabularies made from a text.
final class SyntheticTokenizers {
  private static final String WORD_LEVEL_HEAD =
      "{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":";

  private static final String ADDED =
      """
      {"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,\
      "normalized":false,"special":true},
      {"id":9001,"content":"[MASK]","single_word":false,"lstrip":true,"rstrip":false,\
      "normalized":false,"special":true},
      {"id":9002,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,\
      "normalized":false,"special":true},
      {"id":9003,"content":"Th","single_word":true,"lstrip":false,"rstrip":false,\
      "normalized":true,"special":false},
      {"id":9004,"content":"hundert","single_word":false,"lstrip":false,"rstrip":false,\
      "normalized":true,"special":false},
      {"id":9005,"content":"é","single_word":false,"lstrip":true,"rstrip":true,\
      "normalized":true,"special":false}\
      """;

  private SyntheticTokenizers() {}

  /// A file with these parts, each JSON or null, around a model.
  static byte[] file(String normalizer, String preTokenizer, String postProcessor, String model) {
    String json =
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s],
         "normalizer":%s,"pre_tokenizer":%s,"post_processor":%s,"decoder":null,"model":%s}\
        """
            .formatted(ADDED, normalizer, preTokenizer, postProcessor, model);
    return json.getBytes(StandardCharsets.UTF_8);
  }

  /// Words of the lines as whole tokens.
  static String wordLevel(List<String> lines) {
    Set<String> words = new LinkedHashSet<>(List.of("[UNK]"));
    for (String line : lines) {
      words.addAll(List.of(line.split("[\\s▁]+")));
    }
    return WORD_LEVEL_HEAD + vocabulary(words, 3000) + "}";
  }

  /// Characters and pieces of words, whole and continuing.
  static String wordPiece(List<String> lines, long seed) {
    Set<String> pieces = new LinkedHashSet<>(List.of("[UNK]"));
    for (String piece : pieces(lines, seed)) {
      pieces.add(piece);
      pieces.add("##" + piece);
    }
    return """
    {"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",\
    "max_input_chars_per_word":20,"vocab":%s}\
    """
        .formatted(vocabulary(pieces, 6000));
  }

  /// Pieces with random log probabilities.
  static String unigram(List<String> lines, boolean byteFallback, long seed) {
    Random random = new Random(seed);
    Set<String> pieces = new LinkedHashSet<>(List.of("[UNK]"));
    for (String piece : pieces(lines, seed)) {
      pieces.add(piece);
      pieces.add("▁" + piece);
    }
    if (byteFallback) {
      for (int b = 0; b < 256; b++) {
        pieces.add("<0x%02X>".formatted(b));
      }
    }
    StringBuilder out = new StringBuilder("{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[");
    for (String piece : pieces) {
      out.append('[').append(quote(piece)).append(',');
      out.append(-random.nextInt(1, 1000) / 64.0).append("],");
    }
    out.setLength(out.length() - 1);
    return out.append("],\"byte_fallback\":").append(byteFallback).append('}').toString();
  }

  /// Merges of random neighbours, with the options given as JSON members.
  static String bpe(List<String> lines, long seed, String options, boolean bytes) {
    Random random = new Random(seed);
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    vocabulary.put("[UNK]", 0);
    if (bytes) {
      for (int b = 0; b < 256; b++) {
        vocabulary.put("<0x%02X>".formatted(b), vocabulary.size());
      }
    }
    StringBuilder merges = new StringBuilder();
    for (String piece : pieces(lines, seed)) {
      int[] c = piece.codePoints().toArray();
      if (c.length < 2 || c.length > 5) {
        continue;
      }
      String left = Character.toString(c[0]);
      vocabulary.putIfAbsent(left, vocabulary.size());
      for (int i = 1; i < c.length; i++) {
        String right = Character.toString(c[i]);
        vocabulary.putIfAbsent(right, vocabulary.size());
        if (vocabulary.putIfAbsent(left + right, vocabulary.size()) == null
            || random.nextInt(4) == 0) {
          merges.append("[%s,%s],".formatted(quote(left), quote(right)));
        }
        left += right;
      }
    }
    merges.setLength(merges.length() - 1);
    return """
    {"type":"BPE","dropout":null,%s,"vocab":%s,"merges":[%s]}\
    """
        .formatted(options, vocabulary(vocabulary.keySet(), Integer.MAX_VALUE), merges);
  }

  private static Set<String> pieces(List<String> lines, long seed) {
    Random random = new Random(seed);
    Set<String> pieces = new LinkedHashSet<>();
    for (String line : lines) {
      int[] c = line.codePoints().filter(x -> x > ' ').toArray();
      for (int i = 0; i < 4 && c.length > 0; i++) {
        int from = random.nextInt(c.length);
        int to = Math.min(c.length, from + 1 + random.nextInt(6));
        pieces.add(new String(c, from, to - from));
        pieces.add(Character.toString(c[from]));
      }
    }
    return pieces;
  }

  private static String vocabulary(Set<String> tokens, int most) {
    StringBuilder out = new StringBuilder("{");
    int id = 0;
    for (String token : tokens) {
      if (id == most) {
        break;
      }
      out.append(quote(token)).append(':').append(id++).append(',');
    }
    out.setLength(out.length() - 1);
    return out.append('}').toString();
  }

  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
