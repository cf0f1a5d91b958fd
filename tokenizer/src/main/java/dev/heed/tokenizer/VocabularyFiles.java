package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Piece;
import dev.heed.tokenizer.PostProcessor.Special;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.model.WordPiece;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.split.PreTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/// Builds tokenizers from the files that came before `tokenizer.json`: `vocab.txt`, and
/// `vocab.json` with `merges.txt`; [SentencePieceFiles] has the third kind.
///
/// Source: `convert_slow_tokenizer.py` of transformers.
final class VocabularyFiles {
  private VocabularyFiles() {}

  /// BERT's `vocab.txt`: one token a line, its number is its id. A vocabulary with `<s>` and `</s>`
  /// instead of `[CLS]` and `[SEP]` is MPNet's.
  static TokenizerDefinition wordPiece(Path vocabTxt, TokenizerSettings settings)
      throws IOException {
    Vocabulary.Builder builder = new Vocabulary.Builder();
    int id = 0;
    for (String line : Files.readString(vocabTxt).split("\n", -1)) {
      String token = line.stripTrailing();
      if (!token.isEmpty() || id == 0) {
        builder.add(token, id);
      }
      id++;
    }
    Vocabulary vocabulary = built(builder);
    boolean mpnet = vocabulary.find("[CLS]") < 0 && vocabulary.find("<s>") >= 0;
    Special begin = special(vocabulary, mpnet ? "<s>" : "[CLS]");
    Special end = special(vocabulary, mpnet ? "</s>" : "[SEP]");
    List<AddedToken> added = new ArrayList<>();
    String[] names =
        mpnet
            ? new String[] {"<s>", "<pad>", "</s>", "[UNK]", "<mask>"}
            : new String[] {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (String name : names) {
      if (vocabulary.find(name) >= 0) {
        boolean mask = name.equals("<mask>");
        added.add(new AddedToken(name, vocabulary.find(name), false, mask, false, false, true));
      }
    }
    return new TokenizerDefinition(
        null,
        null,
        added,
        new Normalizer.Bert(
            true,
            settings.bool("tokenize_chinese_chars", true),
            settings.has("strip_accents") ? (Boolean) settings.bool("strip_accents", false) : null,
            settings.bool("do_lower_case", true)),
        new PreTokenizer.Bert(),
        new WordPiece(vocabulary, "[UNK]", "##", 100),
        mpnet ? pairOfFour(begin, end) : template(begin, end, 1),
        new Decoder.WordPiece("##", true));
  }

  /// `begin A end`, `begin A end B end`.
  static PostProcessor.Template template(Special begin, Special end, int secondType) {
    Piece first = new Piece.Added(begin.tokens().getFirst(), begin, 0);
    Piece last = new Piece.Added(end.tokens().getFirst(), end, 0);
    Piece lastOfPair = new Piece.Added(end.tokens().getFirst(), end, secondType);
    Piece a = new Piece.Text(0, 0);
    Piece b = new Piece.Text(1, secondType);
    return new PostProcessor.Template(
        List.of(first, a, last), List.of(first, a, last, b, lastOfPair));
  }

  /// `begin A end end B end`, the second text in segment 1.
  private static PostProcessor.Template pairOfFour(Special begin, Special end) {
    Piece first = new Piece.Added(begin.tokens().getFirst(), begin, 0);
    Piece last = new Piece.Added(end.tokens().getFirst(), end, 0);
    Piece lastOfPair = new Piece.Added(end.tokens().getFirst(), end, 1);
    Piece a = new Piece.Text(0, 0);
    return new PostProcessor.Template(
        List.of(first, a, last), List.of(first, a, last, last, new Piece.Text(1, 1), lastOfPair));
  }

  static Special special(Vocabulary vocabulary, String token) throws TokenizerFormatException {
    int id = vocabulary.find(token);
    if (id == Vocabulary.ABSENT) {
      throw new TokenizerFormatException(
          "Expected the special token %s in the vocabulary: it is not there".formatted(token));
    }
    return new Special(List.of(id), List.of(token));
  }

  /// GPT-2's `vocab.json` and `merges.txt`. A vocabulary with `<s>`, `</s>` and `<mask>` is
  /// RoBERTa's.
  static TokenizerDefinition byteLevel(Path vocabJson, Path mergesTxt, TokenizerSettings settings)
      throws IOException {
    Vocabulary.Builder builder = new Vocabulary.Builder();
    tokens(vocabJson).forEach(builder::add);
    Vocabulary vocabulary = built(builder);
    List<String> parts = new ArrayList<>();
    for (String line : Files.readString(mergesTxt).split("\n")) {
      if (line.startsWith("#version") || line.isBlank()) {
        continue;
      }
      String[] pair = line.stripTrailing().split(" ");
      if (pair.length != 2) {
        throw new TokenizerFormatException(
            "%s: expected two tokens a line, found \"%s\""
                .formatted(mergesTxt.getFileName(), line));
      }
      parts.add(pair[0]);
      parts.add(pair[1]);
    }
    Bpe bpe = new Bpe(vocabulary, ModelReader.mergesOf(vocabulary, parts, 0), Bpe.Options.none());
    boolean roberta = vocabulary.find("<s>") >= 0 && vocabulary.find("<mask>") >= 0;
    boolean prefix = settings.bool("add_prefix_space", false);
    List<AddedToken> added = new ArrayList<>();
    for (String name : List.of("<|endoftext|>", "<s>", "<pad>", "</s>", "<unk>", "<mask>")) {
      int id = vocabulary.find(name);
      if (id >= 0) {
        added.add(AddedToken.special(name, id));
      }
    }
    return new TokenizerDefinition(
        null,
        null,
        added,
        null,
        new PreTokenizer.ByteLevel(prefix, true, true),
        bpe,
        roberta
            ? new PostProcessor.Roberta(
                special(vocabulary, "</s>"), special(vocabulary, "<s>"), true, prefix)
            : new PostProcessor.ByteLevel(true, false, true),
        new Decoder.ByteLevel());
  }

  /// A JSON object of tokens and ids, in its order.
  static Map<String, Integer> tokens(Path vocabJson) throws IOException {
    Map<String, Integer> tokens = new LinkedHashMap<>();
    try (JsonParser parser =
        Json.FACTORY.createParser(ObjectReadContext.empty(), Files.readAllBytes(vocabJson))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new TokenizerFormatException(
            "%s: expected an object, found %s"
                .formatted(vocabJson.getFileName(), parser.currentToken()));
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String token = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT || parser.getIntValue() < 0) {
          throw new TokenizerFormatException(
              "%s: expected an id for \"%s\", found %s"
                  .formatted(vocabJson.getFileName(), token, parser.currentToken()));
        }
        tokens.put(token, parser.getIntValue());
      }
    } catch (JacksonException e) {
      throw new TokenizerFormatException(
          vocabJson.getFileName() + " is not well-formed JSON: " + e.getOriginalMessage(), e);
    }
    return tokens;
  }

  static Vocabulary built(Vocabulary.Builder builder) throws TokenizerFormatException {
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new TokenizerFormatException(String.valueOf(e.getMessage()), e);
    }
  }
}
