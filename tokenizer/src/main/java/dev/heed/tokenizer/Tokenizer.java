package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.TokenBuffer;
import dev.heed.tokenizer.model.Unigram;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.model.WordLevel;
import dev.heed.tokenizer.model.WordPiece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Turns text into token ids and back.
///
/// Immutable and thread-safe; one tokenizer serves any number of threads at once.
///
/// Source: Hugging Face tokenizers, whose `tokenizer.json` it reads and whose ids and offsets it
/// gives.
public final class Tokenizer {
  private static final String FILE = "tokenizer.json";
  private static final String CONFIG_FILE = "tokenizer_config.json";

  private final TokenizerDefinition definition;
  private final TokenizerConfig config;
  private final Vocabulary vocabulary;
  private final List<AddedToken> added;
  private final Map<Integer, AddedToken> addedById = new HashMap<>();
  private final Map<String, Integer> addedIds = new HashMap<>();
  private int largestAdded = -1;
  private final TextPipeline pipeline;
  private final @Nullable Truncation truncation;
  private final @Nullable Padding padding;
  private final PostProcessing postProcessing;

  Tokenizer(TokenizerDefinition definition, TokenizerConfig config) {
    this.definition = definition;
    this.config = config;
    this.vocabulary = definition.model().vocabulary();
    for (AddedToken token : definition.addedTokens()) {
      add(token);
    }
    this.added =
        addedById.values().stream().sorted(Comparator.comparingInt(AddedToken::id)).toList();
    this.pipeline = new TextPipeline(definition, added);
    this.truncation = null;
    this.padding = null;
    this.postProcessing = new PostProcessing(definition.postProcessor(), null, this::token);
  }

  /// Shares everything with `other` but what happens at the end.
  private Tokenizer(
      Tokenizer other,
      TokenizerConfig config,
      @Nullable Truncation truncation,
      @Nullable Padding padding) {
    this.definition = other.definition;
    this.config = config;
    this.vocabulary = other.vocabulary;
    this.added = other.added;
    this.addedById.putAll(other.addedById);
    this.addedIds.putAll(other.addedIds);
    this.pipeline = other.pipeline;
    this.truncation = truncation;
    this.padding = padding;
    this.postProcessing = new PostProcessing(definition.postProcessor(), truncation, this::token);
  }

  /// A token that the model knows keeps the model's id, whatever the file says; another one gets
  /// the next free id, as in the reference.
  private void add(AddedToken token) {
    if (token.content().isEmpty()) {
      return;
    }
    Integer known = addedIds.get(token.content());
    int id = known != null ? known : vocabulary.find(token.content());
    if (id == Vocabulary.ABSENT) {
      id = Math.max(vocabulary.size(), largestAdded + 1);
    }
    largestAdded = Math.max(largestAdded, id);
    addedIds.put(token.content(), id);
    addedById.put(id, id == token.id() ? token : token.withId(id));
  }

  /// Reads a tokenizer: a directory, or one of the files that tokenizers come in. A directory's
  /// `tokenizer.json` counts most; without one, SentencePiece files (`.spm` with a `vocab.json`,
  /// `.model`), `merges.txt` with `vocab.json`, or `vocab.txt` are read as transformers does, by
  /// what `tokenizer_config.json` and `config.json` beside them say.
  ///
  /// @throws TokenizerFormatException where the file is damaged or asks for what Heed lacks
  /// @throws IOException where it cannot be read
  public static Tokenizer load(Path path) throws IOException {
    Path file = TokenizerFiles.find(path);
    Path config = file.resolveSibling(CONFIG_FILE);
    return new Tokenizer(
        TokenizerFiles.read(file),
        Files.exists(config) ? TokenizerConfig.read(config) : TokenizerConfig.EMPTY);
  }

  /// Reads a `tokenizer.json` from a stream, which is left open.
  ///
  /// @throws TokenizerFormatException where it is damaged or asks for what Heed lacks
  /// @throws IOException where it cannot be read
  public static Tokenizer read(InputStream tokenizerJson) throws IOException {
    return new Tokenizer(TokenizerJsonReader.read(tokenizerJson), TokenizerConfig.EMPTY);
  }

  /// The tokenizer that a GGUF file describes.
  ///
  /// @throws TokenizerFormatException where what it says does not fit together, or asks for what
  ///   Heed lacks
  public static Tokenizer of(GgufVocabulary vocabulary) throws TokenizerFormatException {
    return new Tokenizer(GgufTokenizers.build(vocabulary), GgufTokenizers.config(vocabulary));
  }

  /// The tokenizer in the words of GGUF files.
  ///
  /// @param size the number of tokens that the model knows, this tokenizer's and further ones
  /// @throws TokenizerFormatException where GGUF files have no words for what it does
  public GgufVocabulary toGguf(int size) throws TokenizerFormatException {
    return GgufExport.of(this, definition, size);
  }

  /// Writes `tokenizer.json` and `tokenizer_config.json` into `directory`, as Hugging Face reads
  /// them.
  ///
  /// @throws IOException where a file cannot be written
  public void save(Path directory) throws IOException {
    Files.createDirectories(directory);
    TokenizerJsonWriter.write(definition, directory.resolve(FILE));
    config.write(directory.resolve(CONFIG_FILE));
  }

  /// The `tokenizer.json` of this tokenizer, in UTF-8.
  public byte[] toJson() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TokenizerJsonWriter.write(definition, out);
    return out.toByteArray();
  }

  /// What `tokenizer_config.json` says: the roles of special tokens, the longest text.
  public TokenizerConfig config() {
    return config;
  }

  /// How words are cut into tokens, as `tokenizer.json` calls it: `BPE`, `WordPiece`, `Unigram` or
  /// `WordLevel`.
  public String algorithm() {
    return switch (definition.model()) {
      case Bpe _ -> "BPE";
      case WordPiece _ -> "WordPiece";
      case Unigram _ -> "Unigram";
      case WordLevel _ -> "WordLevel";
    };
  }

  /// The number of tokens, added ones included.
  public int vocabularySize() {
    int beside = 0;
    for (String content : addedIds.keySet()) {
      if (vocabulary.find(content) == Vocabulary.ABSENT) {
        beside++;
      }
    }
    return vocabulary.size() + beside;
  }

  /// The id of a token given as the vocabulary writes it (`Ġleft`), if there is one.
  public OptionalInt idOf(String token) {
    Integer added = addedIds.get(token);
    int id = added != null ? added : vocabulary.find(token);
    return id == Vocabulary.ABSENT ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The token with that id as the vocabulary writes it, or null where there is none.
  public @Nullable String token(int id) {
    AddedToken added = addedById.get(id);
    return added != null ? added.content() : vocabulary.token(id);
  }

  /// The tokens that were added to the model's own, by id.
  public List<AddedToken> addedTokens() {
    return added;
  }

  /// Whether the id is a special token's, such as the end of a text.
  public boolean isSpecial(int id) {
    AddedToken token = addedById.get(id);
    return token != null && token.special();
  }

  /// The truncation that the file asks for, null where it asks for none. It is applied only by
  /// [#withTruncation].
  public @Nullable Truncation fileTruncation() {
    return definition.truncation();
  }

  /// The padding that the file asks for, null where it asks for none. It is applied only by
  /// [#withPadding].
  public @Nullable Padding filePadding() {
    return definition.padding();
  }

  /// The same tokenizer with another configuration beside it.
  public Tokenizer withConfig(TokenizerConfig other) {
    return new Tokenizer(this, other, truncation, padding);
  }

  /// The same tokenizer, cutting texts that are too long; null for none, as after loading.
  public Tokenizer withTruncation(@Nullable Truncation truncation) {
    return new Tokenizer(this, config, truncation, padding);
  }

  /// The same tokenizer, filling texts up; null for none, as after loading.
  public Tokenizer withPadding(@Nullable Padding padding) {
    return new Tokenizer(this, config, truncation, padding);
  }

  /// The same tokenizer for texts that are translated: each is ended by a special token, another
  /// one fills texts up.
  ///
  /// @throws IllegalArgumentException if one of them is no special token of this tokenizer
  public Tokenizer withTextEnd(String end, String padding) {
    PostProcessor.Piece last =
        new PostProcessor.Piece.Added(
            end, new PostProcessor.Special(List.of(specialId(end)), List.of(end)), 0);
    specialId(padding);
    PostProcessor.Piece a = new PostProcessor.Piece.Text(0, 0);
    PostProcessor.Piece b = new PostProcessor.Piece.Text(1, 0);
    PostProcessor template =
        new PostProcessor.Template(List.of(a, last), List.of(a, last, b, last));
    PostProcessor before = definition.postProcessor();
    return new Tokenizer(
        new TokenizerDefinition(
            definition.truncation(),
            definition.padding(),
            definition.addedTokens(),
            definition.normalizer(),
            definition.preTokenizer(),
            definition.model(),
            before == null ? template : new PostProcessor.Sequence(List.of(before, template)),
            definition.decoder()),
        new TokenizerConfig(
            null, end, null, null, padding, null, null, config.maxLength(), false, null));
  }

  private int specialId(String token) {
    Integer id = addedIds.get(token);
    if (id == null || !isSpecial(id)) {
      throw new IllegalArgumentException(
          "expected a special token of the tokenizer: received " + token);
    }
    return id;
  }

  /// The number of special tokens that are added around one text, or around a pair.
  public int addedAround(boolean pair) {
    return definition.postProcessor() == null ? 0 : definition.postProcessor().added(pair);
  }

  /// The tokens of `text`, with the special tokens that the model expects.
  public Encoding encode(String text) {
    return encode(text, true);
  }

  /// The tokens of `text`; `addSpecialTokens` says whether those that the model expects around a
  /// text are added. Special tokens that are written in the text are found in either case.
  public Encoding encode(String text, boolean addSpecialTokens) {
    return padded(postProcessing.apply(List.of(tokens(text, 0)), addSpecialTokens));
  }

  /// The tokens of two texts that belong together, such as a question and an answer.
  public Encoding encodePair(String first, String second, boolean addSpecialTokens) {
    return padded(
        postProcessing.apply(List.of(tokens(first, 0), tokens(second, 1)), addSpecialTokens));
  }

  /// The tokens of a text that comes in words. Word ids are indices of `words`, and offsets count
  /// from the beginning of each word.
  public Encoding encodeWords(List<String> words, boolean addSpecialTokens) {
    List<Encoding> parts = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      parts.add(Encodings.withWordId(tokens(words.get(i), 0), i));
    }
    Encoding text = parts.isEmpty() ? Encodings.empty(this::token) : Encodings.join(parts);
    return padded(postProcessing.apply(List.of(text), addSpecialTokens));
  }

  /// The tokens of each text; padding without a length of its own fills up to the longest.
  public List<Encoding> encodeBatch(List<String> texts, boolean addSpecialTokens) {
    List<Encoding> encodings = new ArrayList<>(texts.size());
    int longest = 0;
    for (String text : texts) {
      Encoding encoding = postProcessing.apply(List.of(tokens(text, 0)), addSpecialTokens);
      longest = Math.max(longest, encoding.size());
      encodings.add(encoding);
    }
    if (padding != null) {
      int target = padding.target(longest);
      encodings.replaceAll(encoding -> Encodings.pad(encoding, target, padding));
    }
    return encodings;
  }

  private Encoding tokens(String text, int sequence) {
    TokenBuffer tokens = new TokenBuffer(text.length() / 3);
    pipeline.tokenize(text, tokens);
    return Encoding.of(tokens, sequence, this::token);
  }

  private Encoding padded(Encoding encoding) {
    return padding == null
        ? encoding
        : Encodings.pad(encoding, padding.target(encoding.size()), padding);
  }

  /// The text of `ids` without special tokens.
  public String decode(int... ids) {
    return decode(ids, true);
  }

  /// The text of `ids`. Ids that no token has are passed over.
  public String decode(int[] ids, boolean skipSpecialTokens) {
    List<String> tokens = new ArrayList<>(ids.length);
    for (int id : ids) {
      String token = token(id);
      if (token != null && !(skipSpecialTokens && isSpecial(id))) {
        tokens.add(token);
      }
    }
    return definition.decoder() == null
        ? String.join(" ", tokens)
        : String.join("", definition.decoder().decode(tokens));
  }

  /// What the token with that id adds to the middle of a text, in UTF-8, of which it may be no
  /// whole character; nothing where there is no such token.
  public byte[] bytes(int id) {
    String token = token(id);
    return token == null ? new byte[0] : Decoder.bytes(definition.decoder(), token);
  }

  /// Decodes ids one by one, as a model makes them.
  public StreamingDecoder streamingDecoder() {
    return streamingDecoder(new int[0]);
  }

  /// The same for ids that come after `before`: the space before the first new word is told.
  public StreamingDecoder streamingDecoder(int[] before) {
    return new StreamingDecoder(this, before);
  }
}
