package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Piece;
import dev.heed.tokenizer.PostProcessor.Special;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.SplitBehavior;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Builds the tokenizer that the `tokenizer.json` of the original model describes from what a GGUF
/// file keeps of it.
///
/// Source: `convert_hf_to_gguf.py` and `llama-vocab.cpp` of llama.cpp for the names of the ways to
/// split; what they mean, the `tokenizer.json` files of the models so named say.
final class GgufTokenizers {
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;

  private static final String LETTERS_AND_CONTRACTIONS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String OTHERS =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA3 = LETTERS_AND_CONTRACTIONS + "\\p{N}{1,3}" + OTHERS;
  private static final String QWEN2 = LETTERS_AND_CONTRACTIONS + "\\p{N}" + OTHERS;
  private static final String TEKKEN =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}|"
          + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private GgufTokenizers() {}

  static TokenizerDefinition build(GgufVocabulary from) throws TokenizerFormatException {
    int size = from.tokens().size();
    if (size == 0 || from.kinds().length != 0 && from.kinds().length != size) {
      throw new TokenizerFormatException(
          "tokenizer.ggml.token_type must have one entry for each of %d tokens: found %d"
              .formatted(size, from.kinds().length));
    }
    return switch (from.model()) {
      case "gpt2" -> byteLevel(from);
      case "llama" -> sentencePiece(from);
      default ->
          throw new TokenizerFormatException(
              "tokenizer.ggml.model must be gpt2 or llama: found " + from.model());
    };
  }

  private static TokenizerDefinition byteLevel(GgufVocabulary from)
      throws TokenizerFormatException {
    Vocabulary vocabulary = vocabulary(from);
    List<String> parts = new ArrayList<>(2 * from.merges().size());
    for (String merge : from.merges()) {
      int cut = merge.indexOf(' ', 1);
      if (cut < 1 || cut == merge.length() - 1) {
        throw new TokenizerFormatException(
            "tokenizer.ggml.merges must hold two tokens each: found \"%s\"".formatted(merge));
      }
      parts.add(merge.substring(0, cut));
      parts.add(merge.substring(cut + 1));
    }
    String splitting = from.splitting() == null ? "gpt-2" : from.splitting();
    PreTokenizer bytes = new PreTokenizer.ByteLevel(false, true, false);
    PreTokenizer gpt2 = new PreTokenizer.ByteLevel(false, true, true);
    boolean ignoreMerges = false;
    Normalizer normalizer = null;
    PreTokenizer split;
    switch (splitting) {
      case "gpt-2", "default", "gpt2" -> split = gpt2;
      case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone" ->
          split = new PreTokenizer.Sequence(List.of(new PreTokenizer.Digits(true), gpt2));
      case "llama-bpe", "llama3", "llama-v3", "smaug-bpe" -> {
        split = new PreTokenizer.Sequence(List.of(at(LLAMA3), bytes));
        ignoreMerges = true;
      }
      case "qwen2", "deepseek-r1-qwen" -> {
        split = new PreTokenizer.Sequence(List.of(at(QWEN2), bytes));
        normalizer = new Normalizer.UnicodeForm(Form.NFC);
      }
      case "tekken" -> {
        split = new PreTokenizer.Sequence(List.of(at(TEKKEN), bytes));
        ignoreMerges = true;
      }
      default ->
          throw new TokenizerFormatException(
              "tokenizer.ggml.pre must be one of gpt-2, smollm, llama-bpe, qwen2, tekken: found "
                  + splitting);
    }
    return new TokenizerDefinition(
        null,
        null,
        added(from, from.tokens()),
        normalizer,
        split,
        new Bpe(
            vocabulary,
            ModelReader.mergesOf(vocabulary, parts, 0),
            new Bpe.Options(null, null, null, false, false, ignoreMerges)),
        post(from),
        new Decoder.ByteLevel());
  }

  private static PreTokenizer at(String pattern) {
    return new PreTokenizer.Split(Expression.regex(pattern), SplitBehavior.ISOLATED, false);
  }

  private static TokenizerDefinition sentencePiece(GgufVocabulary from)
      throws TokenizerFormatException {
    int size = from.tokens().size();
    if (from.scores().length != size || from.kinds().length != size) {
      throw new TokenizerFormatException(
          "tokenizer.ggml.scores and token_type must have one entry for each of %d tokens: found"
                  .formatted(size)
              + " %d and %d".formatted(from.scores().length, from.kinds().length));
    }
    byte[] kinds = new byte[size];
    List<String> tokens = new ArrayList<>(from.tokens());
    float[] scores = from.scores().clone();
    for (int i = 0; i < size; i++) {
      kinds[i] = (byte) from.kinds()[i];
      if (kinds[i] == USER_DEFINED && tokens.get(i).contains(" ")) {
        // As they were before the converter: it writes spaces for ▁, and a low score for the best.
        tokens.set(i, tokens.get(i).replace(" ", SentencePieceFiles.SPACE));
        scores[i] = 0;
      }
    }
    return SentencePieceFiles.bpe(
        new SentencePieceModel(
            tokens,
            scores,
            kinds,
            true,
            from.unknown(),
            true,
            new byte[0],
            from.addsSpace(),
            false),
        added(from, tokens),
        post(from));
  }

  static TokenizerConfig config(GgufVocabulary from) {
    return new TokenizerConfig(
        token(from, from.beginOfText()),
        token(from, from.endOfText()),
        token(from, from.unknown()),
        null,
        token(from, from.padding()),
        null,
        null,
        0,
        false,
        from.chatTemplate());
  }

  private static @Nullable String token(GgufVocabulary from, int id) {
    return id < 0 || id >= from.tokens().size() ? null : from.tokens().get(id);
  }

  private static Vocabulary vocabulary(GgufVocabulary from) throws TokenizerFormatException {
    Vocabulary.Builder builder = new Vocabulary.Builder();
    for (int id = 0; id < from.tokens().size(); id++) {
      builder.add(from.tokens().get(id), id);
    }
    return VocabularyFiles.built(builder);
  }

  private static List<AddedToken> added(GgufVocabulary from, List<String> tokens) {
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < from.kinds().length; id++) {
      int kind = from.kinds()[id];
      if (kind == CONTROL || kind == UNKNOWN || kind == USER_DEFINED) {
        added.add(
            new AddedToken(tokens.get(id), id, false, false, false, false, kind != USER_DEFINED));
      }
    }
    return added;
  }

  /// The tokens around a text, and around each of two.
  private static @Nullable PostProcessor post(GgufVocabulary from) throws TokenizerFormatException {
    if (!from.addsBegin() && !from.addsEnd()) {
      return from.model().equals("gpt2") ? new PostProcessor.ByteLevel(true, false, true) : null;
    }
    List<Piece> single = new ArrayList<>();
    List<Piece> pair = new ArrayList<>();
    for (int text = 0; text < 2; text++) {
      List<Piece> pieces = new ArrayList<>();
      if (from.addsBegin()) {
        pieces.add(piece(from, from.beginOfText(), "bos_token_id", text));
      }
      pieces.add(new Piece.Text(text, text));
      if (from.addsEnd()) {
        pieces.add(piece(from, from.endOfText(), "eos_token_id", text));
      }
      pair.addAll(pieces);
      if (text == 0) {
        single.addAll(pieces);
      }
    }
    return new PostProcessor.Template(single, pair);
  }

  private static Piece piece(GgufVocabulary from, int id, String key, int type)
      throws TokenizerFormatException {
    if (id < 0 || id >= from.tokens().size()) {
      throw new TokenizerFormatException(
          "tokenizer.ggml.%s must be a token, since texts get it: found %d".formatted(key, id));
    }
    String token = from.tokens().get(id);
    return new Piece.Added(token, new Special(List.of(id), List.of(token)), type);
  }
}
