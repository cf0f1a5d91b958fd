package dev.heed.tokenizer;

import dev.heed.tokenizer.model.TokenBuffer;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.text.AlignedText;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private final TextPipeline pipeline;
  private final Vocabulary vocabulary;
  private final Map<Integer, AddedToken> addedById = new HashMap<>();
  private final Map<String, Integer> addedIds = new HashMap<>();
  private final AddedTokens literalTokens = new AddedTokens();

  Tokenizer(TokenizerDefinition definition, TokenizerConfig config) {
    this.definition = definition;
    this.config = config;
    this.pipeline = new TextPipeline(definition);
    this.vocabulary = definition.model().vocabulary();
    for (AddedToken token : definition.addedTokens()) {
      addedById.put(token.id(), token);
      addedIds.put(token.content(), token.id());
      literalTokens.add(token.content(), token);
    }
  }

  /// Reads a tokenizer: a `tokenizer.json`, or a directory with one.
  ///
  /// @throws TokenizerFormatException where the file is damaged or asks for what Heed lacks
  /// @throws IOException where it cannot be read
  public static Tokenizer load(Path path) throws IOException {
    Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
    Path config = file.resolveSibling(CONFIG_FILE);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return new Tokenizer(
          TokenizerJsonReader.read(in),
          Files.exists(config) ? TokenizerConfig.read(config) : TokenizerConfig.EMPTY);
    }
  }

  /// Reads a `tokenizer.json` from a stream, which is left open.
  ///
  /// @throws TokenizerFormatException where it is damaged or asks for what Heed lacks
  /// @throws IOException where it cannot be read
  public static Tokenizer read(InputStream tokenizerJson) throws IOException {
    return new Tokenizer(TokenizerJsonReader.read(tokenizerJson), TokenizerConfig.EMPTY);
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

  /// What `tokenizer_config.json` says: the roles of special tokens, the longest text.
  public TokenizerConfig config() {
    return config;
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

  /// The tokens that were added to the model's own.
  public List<AddedToken> addedTokens() {
    return definition.addedTokens();
  }

  /// Whether the id is a special token's, such as the end of a text.
  public boolean isSpecial(int id) {
    AddedToken added = addedById.get(id);
    return added != null && added.special();
  }

  /// The tokens of `text`, with the special tokens that the model expects.
  public Encoding encode(String text) {
    return encode(text, true);
  }

  /// The tokens of `text`; `addSpecialTokens` says whether those that the model expects around a
  /// text are added. Special tokens that are written in the text are found in either case.
  public Encoding encode(String text, boolean addSpecialTokens) {
    TokenBuffer tokens = new TokenBuffer(text.length() / 3);
    AlignedText original = AlignedText.of(text);
    List<AddedTokens.Part> parts =
        literalTokens.isEmpty() ? List.of() : literalTokens.find(original);
    int word = 0;
    if (parts.isEmpty()) {
      pipeline.tokenize(original, word, tokens);
    }
    for (AddedTokens.Part part : parts) {
      AlignedText piece = original.slice(part.from(), part.to());
      if (part.token() == null) {
        word = pipeline.tokenize(piece, word, tokens);
      } else {
        tokens.add(part.token().id(), part.from(), part.to(), word++);
      }
    }
    return Encoding.of(tokens, 0, this::token);
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

  /// Decodes ids one by one, as a model makes them.
  public StreamingDecoder streamingDecoder() {
    return new StreamingDecoder(this);
  }
}
