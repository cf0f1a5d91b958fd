package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Merges;
import dev.heed.tokenizer.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Says what a tokenizer does in the words of GGUF files, the way back of [GgufTokenizers].
///
/// Source: `convert_hf_to_gguf.py` of llama.cpp.
final class GgufExport {
  /// The names for ways to split text that llama.cpp knows too.
  private static final List<String> SPLITTINGS =
      List.of("gpt-2", "smollm", "llama-bpe", "qwen2", "tekken");

  private static final int USUAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private final Tokenizer tokenizer;
  private final TokenizerDefinition definition;
  private final Bpe bpe;

  private GgufExport(Tokenizer tokenizer, TokenizerDefinition definition, Bpe bpe) {
    this.tokenizer = tokenizer;
    this.definition = definition;
    this.bpe = bpe;
  }

  /// @param size the number of tokens of the model; those that the tokenizer lacks are unused
  static GgufVocabulary of(Tokenizer tokenizer, TokenizerDefinition definition, int size)
      throws TokenizerFormatException {
    if (!(definition.model() instanceof Bpe bpe)) {
      throw new TokenizerFormatException(
          "a GGUF file takes byte-pair encoding only: received " + tokenizer.algorithm());
    }
    GgufExport export = new GgufExport(tokenizer, definition, bpe);
    return bpe.options().byteFallback() ? export.sentencePiece(size) : export.byteLevel(size);
  }

  private GgufVocabulary byteLevel(int size) throws TokenizerFormatException {
    Merges merges = bpe.merges();
    List<String> written = new ArrayList<>(merges.size());
    for (int rank = 0; rank < merges.size(); rank++) {
      written.add(
          vocabulary().token(merges.left(rank)) + " " + vocabulary().token(merges.right(rank)));
    }
    String way = splitting(definition);
    for (String name : SPLITTINGS) {
      GgufVocabulary named = vocabulary("gpt2", name, size, new float[0], written);
      if (splitting(GgufTokenizers.build(named)).equals(way)) {
        return named;
      }
    }
    throw new TokenizerFormatException(
        "a GGUF file knows these ways to split text: %s; this tokenizer has another"
            .formatted(SPLITTINGS));
  }

  /// How text is cut before merging, as JSON, without what concerns offsets only.
  private static String splitting(TokenizerDefinition definition) {
    TokenizerDefinition parts =
        new TokenizerDefinition(
            null,
            null,
            List.of(),
            definition.normalizer(),
            definition.preTokenizer(),
            new Bpe(
                new Vocabulary.Builder().add("a", 0).build(),
                new Merges(new int[0], new int[0], new int[0]),
                new Bpe.Options(
                    null,
                    null,
                    null,
                    false,
                    false,
                    ((Bpe) definition.model()).options().ignoreMerges())),
            null,
            new Decoder.ByteLevel());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TokenizerJsonWriter.write(parts, out);
    return out.toString(StandardCharsets.UTF_8)
        .replaceAll("\"trim_offsets\"\\s*:\\s*(true|false)", "\"trim_offsets\": true");
  }

  /// SentencePiece merges what has the highest score, so a token's score is minus the rank of the
  /// first merge that gives it.
  private GgufVocabulary sentencePiece(int size) throws TokenizerFormatException {
    Map<String, Integer> ranks = new HashMap<>();
    Merges merges = bpe.merges();
    for (int rank = 0; rank < merges.size(); rank++) {
      String left = String.valueOf(vocabulary().token(merges.left(rank)));
      ranks.putIfAbsent(left + vocabulary().token(merges.right(rank)), rank);
    }
    float[] scores = new float[size];
    for (int id = 0; id < size; id++) {
      Integer rank = ranks.get(tokenizer.token(id));
      scores[id] = rank == null ? -1e6f : -rank;
    }
    return vocabulary("llama", "default", size, scores, List.of());
  }

  private Vocabulary vocabulary() {
    return bpe.vocabulary();
  }

  private GgufVocabulary vocabulary(
      String model, @Nullable String splitting, int size, float[] scores, List<String> merges)
      throws TokenizerFormatException {
    int known = Math.max(tokenizer.vocabularySize(), vocabulary().idLimit());
    if (known > size) {
      throw new TokenizerFormatException(
          "the model must have a row for each of the tokenizer's %d tokens: received %d"
              .formatted(known, size));
    }
    List<String> tokens = new ArrayList<>(size);
    int[] kinds = new int[size];
    Map<Integer, AddedToken> added = new HashMap<>();
    tokenizer.addedTokens().forEach(token -> added.put(token.id(), token));
    TokenizerConfig config = tokenizer.config();
    int unknown = id(config.unknown());
    boolean pieces = bpe.options().byteFallback();
    for (int id = 0; id < size; id++) {
      String token = tokenizer.token(id);
      AddedToken special = added.get(id);
      kinds[id] =
          token == null
              ? UNUSED
              : special == null ? USUAL : special.special() ? CONTROL : USER_DEFINED;
      String written = token == null ? "[PAD" + id + "]" : token;
      // llama.cpp looks for these in the text as it came.
      tokens.add(
          pieces && kinds[id] == USER_DEFINED
              ? written.replace(SentencePieceFiles.SPACE, " ")
              : written);
    }
    if (pieces) {
      for (int b = 0; b < 256; b++) {
        tokenizer.idOf("<0x%02X>".formatted(b)).ifPresent(id -> kinds[id] = BYTE);
      }
      if (unknown >= 0) {
        kinds[unknown] = UNKNOWN;
      }
    }
    int[] bare = tokenizer.encode("a", false).ids();
    int[] whole = tokenizer.encode("a", true).ids();
    int before = Math.max(0, indexOf(whole, bare));
    int after = whole.length - bare.length - before;
    int begin = id(config.beginOfText());
    int end = id(config.endOfText());
    if (before > 1
        || after > 1
        || before == 1 && whole[0] != begin
        || after == 1 && whole[whole.length - 1] != end) {
      throw new TokenizerFormatException(
          "a GGUF file says only whether bos_token and eos_token stand around a text: received "
              + Arrays.toString(whole));
    }
    boolean space = pieces && String.valueOf(tokenizer.token(bare[0])).startsWith("\u2581");
    return new GgufVocabulary(
        model,
        splitting,
        tokens,
        kinds,
        scores,
        merges,
        begin,
        end,
        unknown,
        id(config.padding()),
        before == 1,
        after == 1,
        space,
        config.chatTemplate());
  }

  private static int indexOf(int[] whole, int[] part) {
    for (int at = 0; at + part.length <= whole.length; at++) {
      if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    return -1;
  }

  private int id(@Nullable String token) {
    return token == null ? -1 : tokenizer.idOf(token).orElse(-1);
  }
}
