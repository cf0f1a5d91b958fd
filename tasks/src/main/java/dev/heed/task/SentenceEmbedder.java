package dev.heed.task;

import dev.heed.data.TokenizedText;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.TextEncoder;
import dev.heed.model.bert.Bert;
import dev.heed.nn.head.Pooling;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Turns texts into vectors that are close where the meanings are.
///
/// Immutable; any number of threads may use one at once, and each gets the same bits as if it were
/// alone.
///
/// Source: Reimers and Gurevych 2019; the directories are those of `sentence_transformers`.
public final class SentenceEmbedder {
  private static final String CONFIG = "config_sentence_transformers.json";

  private final TextEncoder encoder;
  private final Tokenizer tokenizer;
  private final SentenceModules modules;
  private final Map<String, String> prompts;
  private final Similarity similarity;
  private final int maximumLength;
  private final String prompt;

  private SentenceEmbedder(
      TextEncoder encoder,
      Tokenizer tokenizer,
      SentenceModules modules,
      Map<String, String> prompts,
      Similarity similarity,
      int maximumLength,
      String prompt) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.modules = modules;
    this.prompts = prompts;
    this.similarity = similarity;
    this.maximumLength = maximumLength;
    this.prompt = prompt;
  }

  /// Opens `minilm`, which comes with Heed, or a model saved under that name in `$HEED_HOME/models`
  /// (`~/.heed/models`).
  ///
  /// @throws UncheckedIOException if there is none, or a file cannot be read
  public static SentenceEmbedder load(String name) {
    String chosen = System.getenv("HEED_HOME");
    Path home =
        chosen == null || chosen.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".heed")
            : Path.of(chosen);
    return load(
        name.equals(MiniLm.NAME) ? MiniLm.directory(home) : home.resolve("models").resolve(name));
  }

  /// Opens a directory of `sentence_transformers`, or any encoder's: then a text's vector is the
  /// mean of its tokens'.
  ///
  /// @throws ModelException if it asks for what Heed lacks, or its files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static SentenceEmbedder load(Path directory) {
    SentenceModules modules = SentenceModules.read(directory);
    Path transformer = directory.resolve(modules.transformer());
    TextEncoder encoder = ModelDirectory.openEncoder(transformer);
    try {
      Tokenizer tokenizer = Tokenizer.load(transformer);
      int longest = encoder.maximumLength();
      int asked = modules.maximumLength();
      int ofTokenizer = tokenizer.config().maxLength();
      if (asked > 0 || ofTokenizer > 0) {
        longest = Math.min(longest, asked > 0 ? asked : ofTokenizer);
      }
      Map<String, String> prompts = new LinkedHashMap<>();
      Similarity similarity = Similarity.COSINE;
      String prompt = "";
      Path file = directory.resolve(CONFIG);
      if (Files.exists(file)) {
        ConfigFile config = ConfigFile.read(file);
        if (config.value("prompts").orElse(null) instanceof Map<?, ?> given) {
          given.forEach((name, text) -> prompts.put(name.toString(), String.valueOf(text)));
        }
        similarity = similarity(file, config);
        prompt = prompts.getOrDefault(config.string("default_prompt_name", ""), "");
      }
      return new SentenceEmbedder(
          encoder,
          tokenizer.withTruncation(Truncation.to(longest)),
          modules,
          prompts,
          similarity,
          longest,
          prompt);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Similarity similarity(Path file, ConfigFile config) {
    String name = config.string("similarity_fn_name", "cosine");
    return Arrays.stream(Similarity.values())
        .filter(value -> value.toString().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                "%s: similarity_fn_name must be one of %s: received %s"
                    .formatted(file, Arrays.toString(Similarity.values()), name)));
  }

  /// Writes a directory that `SentenceTransformer` opens.
  ///
  /// @throws IllegalArgumentException if the encoder is not of BERT's kind
  public void save(Path directory) {
    if (!(encoder instanceof Bert bert)) {
      throw new IllegalArgumentException(
          "the encoder must be of BERT's kind to be saved: received a "
              + encoder.getClass().getSimpleName());
    }
    try {
      Files.createDirectories(directory);
      tokenizer.withConfig(tokenizer.config().withMaxLength(maximumLength)).save(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    modules.write(directory, encoder.width(), maximumLength);
    Map<String, @Nullable Object> config = new LinkedHashMap<>();
    config.put("prompts", prompts);
    config.put(
        "default_prompt_name",
        prompts.entrySet().stream()
            .filter(each -> !prompt.isEmpty() && each.getValue().equals(prompt))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse(null));
    config.put("similarity_fn_name", similarity.toString());
    new ConfigFile(CONFIG, config).write(directory.resolve(CONFIG));
    bert.save(directory); // its config.json is what makes the directory a model
  }

  /// The same embedder with one of the prompts that the model was trained with before each text,
  /// such as `query`.
  ///
  /// @throws IllegalArgumentException if the model has no prompt of this name
  public SentenceEmbedder withPrompt(String name) {
    String text = prompts.get(name);
    if (text == null) {
      throw new IllegalArgumentException(
          "a prompt of this model must be one of %s: received %s"
              .formatted(new TreeSet<>(prompts.keySet()), name));
    }
    return new SentenceEmbedder(
        encoder, tokenizer, modules, prompts, similarity, maximumLength, text);
  }

  /// The same embedder, cutting texts at this many tokens if it took more.
  SentenceEmbedder withMaximumLength(int most) {
    int longest = Math.min(most, maximumLength);
    return new SentenceEmbedder(
        encoder,
        tokenizer.withTruncation(Truncation.to(longest)),
        modules,
        prompts,
        similarity,
        longest,
        prompt);
  }

  /// The same embedder with the first of these prompts that the model was trained with; as it is if
  /// there is none.
  SentenceEmbedder withFirstPrompt(List<String> names) {
    return names.stream()
        .filter(name -> !prompts.getOrDefault(name, "").isEmpty())
        .findFirst()
        .map(this::withPrompt)
        .orElse(this);
  }

  /// The most tokens of a text, special ones included; longer texts are cut.
  public int maximumLength() {
    return maximumLength;
  }

  /// The model inside.
  public TextEncoder encoder() {
    return encoder;
  }

  /// Its tokenizer, which cuts at [#maximumLength].
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// The vector of a text.
  public float[] embed(String text) {
    return embed(List.of(text)).vector(0);
  }

  /// The vectors of texts.
  public Embeddings embed(List<String> texts) {
    return embed(texts, done -> {});
  }

  /// The vectors of texts.
  ///
  /// @param progress hears now and then how many texts are done
  public Embeddings embed(List<String> texts, IntConsumer progress) {
    List<TokenizedText> encoded = texts.stream().map(this::encode).toList();
    int cut = (int) encoded.stream().filter(TokenizedText::cut).count();
    List<float[]> vectors = EncodedBatch.rows(encoded, this::compute, progress);
    return new Embeddings(vectors, cut);
  }

  TokenizedText encode(String text) {
    String whole = prompt + text;
    return TokenizedText.of(tokenizer, modules.lowerCase() ? lowerCase(whole) : whole, null);
  }

  /// Letter by letter, as Rust does it: a sigma at the end of a word is like any other.
  private static String lowerCase(String text) {
    StringBuilder lower = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          if (point == 'İ') {
            lower.append("i̇");
          } else {
            lower.appendCodePoint(Character.toLowerCase(point));
          }
        });
    return lower.toString();
  }

  /// The vector of a text that is token ids already; nothing is added or cut.
  ///
  /// @throws IllegalArgumentException if there are more than the model takes
  public float[] embed(int... ids) {
    TokenizedText text = new TokenizedText(ids, new int[ids.length], false);
    return EncodedBatch.rows(List.of(text), this::compute, done -> {}).getFirst();
  }

  /// Packed texts → their vectors [B, W].
  Tensor compute(TokenizedText.Packed texts) {
    Tensor x = encoder.apply(texts.ids(), texts.sequences(), texts.types()); // (N, D)
    x = pool(x, texts.sequences()); // (B, D)
    for (SentenceModules.Step step : modules.steps()) {
      x = step.apply(x);
    }
    return x;
  }

  private Tensor pool(Tensor x, Sequences sequences) {
    Tensor rows = x;
    Sequences counted = sequences;
    if (!modules.poolsPrompt() && !prompt.isEmpty()) {
      // The tokens of the prompt alone, without the special one that ends it.
      int skipped = tokenizer.encode(prompt).size() - 1;
      int[] lengths = new int[sequences.count()];
      int[] kept =
          IntStream.range(0, sequences.count())
              .flatMap(i -> {
                int first = Math.min(skipped, sequences.length(i));
                lengths[i] = sequences.length(i) - first;
                return IntStream.range(sequences.start(i) + first, sequences.start(i + 1));
              })
              .toArray();
      rows = Operations.selectRows(x, Tensor.of(kept, kept.length));
      counted = Sequences.ofLengths(lengths);
    }
    List<Tensor> parts = new ArrayList<>();
    for (Pooling pooling : modules.poolings()) {
      parts.add(pooling.apply(rows, counted));
    }
    Tensor all = parts.getFirst();
    for (Tensor part : parts.subList(1, parts.size())) {
      all = Operations.sideBySide(all, part);
    }
    return all;
  }

  /// How alike two texts are, by the model's measure: for most the cosine, in −1 … 1.
  public float similarity(String first, String second) {
    Embeddings both = embed(List.of(first, second));
    return similarity.of(both.vector(0), both.vector(1));
  }

  /// How alike each text is to each: [n][n].
  public float[][] similarities(List<String> texts) {
    Embeddings embeddings = embed(texts);
    float[][] matrix = new float[texts.size()][texts.size()];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        matrix[i][j] = similarity.of(embeddings.vector(i), embeddings.vector(j));
      }
    }
    return matrix;
  }

  /// The model's measure of likeness.
  public Similarity similarity() {
    return similarity;
  }
}
