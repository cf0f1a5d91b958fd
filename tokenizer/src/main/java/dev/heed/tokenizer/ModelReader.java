package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Merges;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.model.Unigram;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.model.WordLevel;
import dev.heed.tokenizer.model.WordPiece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Reads the `model` of a `tokenizer.json`; vocabulary and merges go straight into their tables.
final class ModelReader {
  private Vocabulary.@Nullable Builder vocabulary;
  private @Nullable List<String> merges; // left, right, left, right, …
  private @Nullable List<String> pieces;
  private double @Nullable [] scores;
  private final Map<String, @Nullable Object> rest = new LinkedHashMap<>();

  private ModelReader() {}

  static Model read(JsonParser parser) throws TokenizerFormatException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new TokenizerFormatException(
          "model: expected an object, found " + parser.currentToken());
    }
    ModelReader reader = new ModelReader();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("vocab") && value == JsonToken.START_OBJECT) {
        reader.readVocabulary(parser);
      } else if (name.equals("vocab") && value == JsonToken.START_ARRAY) {
        reader.readPieces(parser);
      } else if (name.equals("merges") && value == JsonToken.START_ARRAY) {
        reader.readMerges(parser);
      } else {
        reader.rest.put(name, Json.read(parser));
      }
    }
    return reader.model(new Obj("model", reader.rest));
  }

  private void readVocabulary(JsonParser parser) throws TokenizerFormatException {
    Vocabulary.Builder tokens = new Vocabulary.Builder();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String token = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
        throw new TokenizerFormatException(
            "model.vocab: expected an id for \"%s\", found %s"
                .formatted(token, parser.currentToken()));
      }
      tokens.add(token, parser.getIntValue());
    }
    vocabulary = tokens;
  }

  private void readPieces(JsonParser parser) throws TokenizerFormatException {
    List<String> texts = new ArrayList<>();
    double[] values = new double[1 << 10];
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      boolean pair =
          parser.currentToken() == JsonToken.START_ARRAY
              && parser.nextToken() == JsonToken.VALUE_STRING;
      String text = pair ? parser.getString() : "";
      if (!pair || !parser.nextToken().isNumeric()) {
        throw pieceExpected(texts.size(), parser);
      }
      if (texts.size() == values.length) {
        values = Arrays.copyOf(values, values.length * 2);
      }
      values[texts.size()] = parser.getDoubleValue();
      texts.add(text);
      if (parser.nextToken() != JsonToken.END_ARRAY) {
        throw pieceExpected(texts.size() - 1, parser);
      }
    }
    pieces = texts;
    scores = Arrays.copyOf(values, texts.size());
  }

  private static TokenizerFormatException pieceExpected(int index, JsonParser parser) {
    return new TokenizerFormatException(
        "model.vocab[%d]: expected a token and its score, found %s"
            .formatted(index, parser.currentToken()));
  }

  private void readMerges(JsonParser parser) throws TokenizerFormatException {
    List<String> parts = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_ARRAY) {
        for (int i = 0; i < 2; i++) {
          if (parser.nextToken() != JsonToken.VALUE_STRING) {
            throw mergeExpected(parts.size() / 2, String.valueOf(parser.currentToken()));
          }
          parts.add(parser.getString());
        }
        if (parser.nextToken() != JsonToken.END_ARRAY) {
          throw mergeExpected(parts.size() / 2 - 1, "more than two");
        }
      } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
        String merge = parser.getString();
        if (merge.startsWith("#version")) {
          continue;
        }
        int space = merge.indexOf(' ');
        if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
          throw mergeExpected(parts.size() / 2, "\"" + merge + "\"");
        }
        parts.add(merge.substring(0, space));
        parts.add(merge.substring(space + 1));
      } else {
        throw mergeExpected(parts.size() / 2, String.valueOf(parser.currentToken()));
      }
    }
    merges = parts;
  }

  private static TokenizerFormatException mergeExpected(int index, String found) {
    return new TokenizerFormatException(
        "model.merges[%d]: expected two tokens, found %s".formatted(index, found));
  }

  private Model model(Obj options) throws TokenizerFormatException {
    String type = options.stringOrNull("type");
    if (type == null) {
      // Old files leave it out.
      type =
          merges != null
              ? "BPE"
              : pieces != null
                  ? "Unigram"
                  : options.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    }
    return switch (type) {
      case "BPE" -> bpe(options);
      case "WordPiece" ->
          new WordPiece(
              vocabulary(),
              options.string("unk_token"),
              options.string("continuing_subword_prefix"),
              options.integer("max_input_chars_per_word", 100));
      case "WordLevel" -> new WordLevel(vocabulary(), options.string("unk_token"));
      case "Unigram" -> {
        if (pieces == null || scores == null) {
          throw new TokenizerFormatException(
              "model.vocab: expected tokens with scores, found none");
        }
        yield new Unigram(
            pieces,
            scores,
            options.integer("unk_id", Vocabulary.ABSENT),
            options.bool("byte_fallback", false));
      }
      default -> throw options.unknown("BPE, WordPiece, WordLevel, Unigram");
    };
  }

  private Vocabulary vocabulary() throws TokenizerFormatException {
    if (vocabulary == null) {
      throw new TokenizerFormatException("model.vocab: expected tokens with ids, found none");
    }
    return vocabulary.build();
  }

  private Bpe bpe(Obj options) throws TokenizerFormatException {
    Object dropout = options.fields().get("dropout");
    if (dropout instanceof Number p && p.doubleValue() != 0) {
      throw new TokenizerFormatException(
          "model.dropout: expected none, found %s (random merges are not supported)"
              .formatted(dropout));
    }
    if (merges == null) {
      throw new TokenizerFormatException("model.merges: expected an array, found none");
    }
    String prefix = emptyToNull(options.stringOrNull("continuing_subword_prefix"));
    Vocabulary tokens = vocabulary();
    return new Bpe(
        tokens,
        mergesOf(tokens, merges, prefix == null ? 0 : prefix.length()),
        new Bpe.Options(
            options.stringOrNull("unk_token"),
            prefix,
            emptyToNull(options.stringOrNull("end_of_word_suffix")),
            options.bool("fuse_unk", false),
            options.bool("byte_fallback", false),
            options.bool("ignore_merges", false)));
  }

  private static @Nullable String emptyToNull(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }

  /// Merges by token text as merges by id; `parts` is left, right, left, right, …
  static Merges mergesOf(Vocabulary tokens, List<String> parts, int prefixLength)
      throws TokenizerFormatException {
    int n = parts.size() / 2;
    int[] lefts = new int[n];
    int[] rights = new int[n];
    int[] merged = new int[n];
    for (int rank = 0; rank < n; rank++) {
      String left = parts.get(2 * rank);
      String right = parts.get(2 * rank + 1);
      if (right.length() < prefixLength) {
        throw new TokenizerFormatException(
            "model.merges[%d]: \"%s\" lacks the prefix of a continuing token"
                .formatted(rank, right));
      }
      lefts[rank] = idOf(tokens, left, rank);
      rights[rank] = idOf(tokens, right, rank);
      merged[rank] = idOf(tokens, left + right.substring(prefixLength), rank);
    }
    return new Merges(lefts, rights, merged);
  }

  private static int idOf(Vocabulary tokens, String token, int rank)
      throws TokenizerFormatException {
    int id = tokens.find(token);
    if (id == Vocabulary.ABSENT) {
      throw new TokenizerFormatException(
          "model.merges[%d]: \"%s\" is not in the vocabulary".formatted(rank, token));
    }
    return id;
  }
}
