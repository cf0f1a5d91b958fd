package dev.heed.task;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.tensor.Shape;
import dev.heed.weights.AtomicFile;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Passages of documents and their vectors, for search by meaning.
///
/// It is attention with the softmax left out: the query's vector is compared with each passage's,
/// the key, and the values of the best keys, the passages themselves, are the answer.
///
/// Immutable; any number of threads may search one at once.
public final class SemanticIndex {
  private static final String FILE = "index.json";
  private static final String VECTORS = "vectors.safetensors";
  private static final String PASSAGES = "passages.jsonl";
  private static final String KEYS = "keys";

  /// Tokens of a passage: about a paragraph, which one vector can hold.
  private static final int LONGEST = 200;

  /// Prompts under which models were trained to see queries and documents.
  private static final List<String> QUERY_PROMPTS = List.of("query");

  private static final List<String> PASSAGE_PROMPTS = List.of("passage", "document");

  private final List<Passage> passages;
  private final List<float[]> keys;
  private final String model;

  /// A passage and how well it fits the query.
  public record Hit(Passage passage, float score) {}

  private SemanticIndex(List<Passage> passages, List<float[]> keys, String model) {
    this.passages = List.copyOf(passages);
    this.keys = List.copyOf(keys);
    this.model = model;
  }

  /// Cuts a document into passages that `embedder` can take whole.
  ///
  /// @param name what the passages are said to come from
  public static List<Passage> passages(SentenceEmbedder embedder, String name, String document) {
    int most =
        Math.min(LONGEST, embedder.maximumLength()) - embedder.tokenizer().addedAround(false);
    var whole = embedder.tokenizer().withTruncation(null);
    return Passage.of(name, document, most, text -> whole.encode(text, false).size());
  }

  /// Computes the passages' vectors.
  ///
  /// @param model the name by which the embedder is found again
  /// @param progress hears now and then how many passages are done
  public static SemanticIndex of(
      List<Passage> passages, SentenceEmbedder embedder, String model, IntConsumer progress) {
    List<String> texts = passages.stream().map(Passage::text).toList();
    SentenceEmbedder prompted = embedder.withFirstPrompt(PASSAGE_PROMPTS);
    return new SemanticIndex(passages, prompted.embed(texts, progress).vectors(), model);
  }

  /// The number of passages.
  public int size() {
    return passages.size();
  }

  /// The name by which the embedder is found again.
  public String model() {
    return model;
  }

  /// The passages that fit the query best, the best first.
  ///
  /// @param embedder the one of the index
  /// @param most how many at most
  /// @throws IllegalArgumentException if the embedder's vectors are of another width
  public List<Hit> search(SentenceEmbedder embedder, String query, int most) {
    float[] asked = embedder.withFirstPrompt(QUERY_PROMPTS).embed(query);
    if (!keys.isEmpty() && keys.getFirst().length != asked.length) {
      throw new IllegalArgumentException(
          "the index holds vectors of %d components: the model gave %d"
              .formatted(keys.getFirst().length, asked.length));
    }
    return IntStream.range(0, keys.size())
        .mapToObj(i -> new Hit(passages.get(i), embedder.similarity().of(asked, keys.get(i))))
        .sorted(Comparator.comparing(Hit::score).reversed())
        .limit(most)
        .toList();
  }

  /// Writes the index; what makes it one, `index.json`, comes last.
  ///
  /// @throws UncheckedIOException if a file cannot be written
  public void save(Path directory) {
    int width = keys.isEmpty() ? 0 : keys.getFirst().length;
    float[] all = new float[Math.multiplyExact(keys.size(), width)];
    for (int i = 0; i < keys.size(); i++) {
      System.arraycopy(keys.get(i), 0, all, i * width, width);
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SafetensorsWriter.write(
        directory.resolve(VECTORS),
        List.of(StoredTensor.of(KEYS, Shape.of(keys.size(), width), all)),
        Map.of());
    var lines = new ByteArrayOutputStream();
    for (Passage passage : passages) {
      Map<String, @Nullable Object> value = new LinkedHashMap<>();
      value.put("text", passage.text());
      value.put("source", passage.source());
      lines.writeBytes(new ConfigFile(PASSAGES, value).toJson());
      lines.write('\n');
    }
    AtomicFile.write(directory.resolve(PASSAGES), lines.toByteArray());
    Map<String, @Nullable Object> about = new LinkedHashMap<>();
    about.put("model", model);
    about.put("passages", passages.size());
    new ConfigFile(FILE, about).write(directory.resolve(FILE));
  }

  /// Reads what [#save] wrote.
  ///
  /// @throws ModelException if the files do not fit together
  /// @throws UncheckedIOException if one is missing or cannot be read
  public static SemanticIndex load(Path directory) {
    String model = ConfigFile.read(directory.resolve(FILE)).string("model");
    StoredTensor keys = Checkpoint.open(directory.resolve(VECTORS)).tensor(KEYS);
    List<Passage> passages = readPassages(directory.resolve(PASSAGES));
    if (keys.shape().rank() != 2 || keys.shape().dimension(0) != passages.size()) {
      throw new ModelException(
          "%s: there must be a vector for each of %d passages: found %s"
              .formatted(directory, passages.size(), keys));
    }
    int width = keys.shape().width();
    float[] all = keys.toFloats();
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < passages.size(); i++) {
      vectors.add(Arrays.copyOfRange(all, i * width, (i + 1) * width));
    }
    return new SemanticIndex(passages, vectors, model);
  }

  private static List<Passage> readPassages(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> ConfigFile.parse(file.toString(), line.getBytes(StandardCharsets.UTF_8)))
          .map(value -> new Passage(value.string("text"), value.string("source")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
