package dev.heed.cli;

import dev.heed.model.ConfigFile;
import dev.heed.tokenizer.AddedToken;
import dev.heed.tokenizer.Padding;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerConfig;
import dev.heed.tokenizer.Truncation;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What is in a model's directory or file, as plain values: maps by name, lists, texts, numbers.
/// Weights are only looked at, never read.
final class Inspection {
  private static final String CONFIG = "config.json";
  private static final List<String> TOKENIZERS =
      List.of(
          "tokenizer.json",
          "vocab.txt",
          "merges.txt",
          "source.spm",
          "spiece.model",
          "sentencepiece.bpe.model",
          "tokenizer.model");

  private Inspection() {}

  /// Everything that is known of `path`, by section: `files`, `model`, `config`, `tokenizer`,
  /// `metadata`, `tensors`; what it has not is left out.
  static Map<String, Object> of(Path path) throws IOException {
    Map<String, Object> sections = new LinkedHashMap<>();
    sections.put("path", path.toString());
    if (Files.isDirectory(path)) {
      directory(path, sections);
    } else if (isTokenizer(path)) {
      sections.put("tokenizer", tokenizer(Tokenizer.load(path)));
    } else {
      checkpoint(Checkpoint.open(path), "", sections);
    }
    return sections;
  }

  private static boolean isTokenizer(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Stream.of(".json", ".txt", ".spm", ".model").anyMatch(name::endsWith)
        && !name.endsWith(".index.json");
  }

  private static void directory(Path path, Map<String, Object> sections) throws IOException {
    Map<String, Object> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.list(path)) {
      for (Path file : all.sorted().toList()) {
        if (Files.isRegularFile(file)) {
          files.put(file.getFileName().toString(), Files.size(file));
        }
      }
    }
    String architecture = "";
    if (files.containsKey(CONFIG)) {
      ConfigFile config = ConfigFile.read(path.resolve(CONFIG));
      List<String> named = config.strings("architectures");
      architecture = named.isEmpty() ? config.string("model_type", "") : String.join(", ", named);
      sections.put("config", config.values());
    }
    if (TOKENIZERS.stream().anyMatch(files::containsKey)) {
      sections.put("tokenizer", tokenizer(Tokenizer.load(path)));
    }
    if (Checkpoint.FILES.stream().anyMatch(files::containsKey)) {
      checkpoint(Checkpoint.open(path), architecture, sections);
    } else if (files.keySet().stream().anyMatch(name -> name.endsWith(".gguf"))) {
      String gguf = files.keySet().stream().filter(f -> f.endsWith(".gguf")).findFirst().get();
      checkpoint(Checkpoint.open(path.resolve(gguf)), architecture, sections);
    }
    if (sections.size() == 1) {
      throw CommandFailure.missing(
          "%s: expected a model or tokenizer: found %s".formatted(path, files.keySet()));
    }
    sections.put("files", files);
  }

  private static void checkpoint(
      Checkpoint checkpoint, String architecture, Map<String, Object> sections) {
    List<Map<String, Object>> tensors = new ArrayList<>();
    Map<StoredType, Long> types = new EnumMap<>(StoredType.class);
    long bytes = 0;
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      long elements = tensor.shape().elements();
      types.merge(tensor.type(), elements, Long::sum);
      bytes += tensor.data().byteSize();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", name);
      row.put("type", tensor.type().name());
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < tensor.shape().rank(); i++) {
        shape.add((long) tensor.shape().dimension(i));
      }
      row.put("shape", shape);
      row.put("bytes", tensor.data().byteSize());
      tensors.add(row);
    }
    Map<String, String> metadata = checkpoint.metadata();
    Map<String, Object> model = new LinkedHashMap<>();
    String known = architecture.isEmpty() ? metadata.get("general.architecture") : architecture;
    if (known != null) {
      model.put("architecture", known);
    }
    model.put("weights", Path.of(checkpoint.source()).getFileName().toString());
    model.put("parameters", types.values().stream().mapToLong(Long::longValue).sum());
    model.put("bytes", bytes);
    Map<String, Object> byType = new LinkedHashMap<>();
    types.forEach((type, elements) -> byType.put(type.name(), elements));
    model.put("types", byType);
    sections.put("model", model);
    if (!metadata.isEmpty()) {
      sections.put("metadata", metadata);
    }
    sections.put("tensors", tensors);
  }

  private static Map<String, Object> tokenizer(Tokenizer tokenizer) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("algorithm", tokenizer.algorithm());
    facts.put("vocabulary", tokenizer.vocabularySize());
    Map<String, Object> special = new LinkedHashMap<>();
    for (AddedToken token : tokenizer.addedTokens()) {
      if (token.special()) {
        special.put(token.content(), token.id());
      }
    }
    facts.put("special_tokens", special);
    facts.put("added_tokens", tokenizer.addedTokens().size());
    facts.put("added_around_a_text", tokenizer.addedAround(false));
    TokenizerConfig config = tokenizer.config();
    put(facts, "bos_token", config.beginOfText());
    put(facts, "eos_token", config.endOfText());
    put(facts, "unk_token", config.unknown());
    put(facts, "pad_token", config.padding());
    put(facts, "max_length", config.maxLength() == 0 ? null : config.maxLength());
    put(facts, "chat_template", config.chatTemplate());
    Truncation truncation = tokenizer.fileTruncation();
    put(facts, "truncation", truncation == null ? null : truncation.maxLength());
    Padding padding = tokenizer.filePadding();
    put(
        facts,
        "padding",
        padding == null ? null : padding.length() == 0 ? "longest" : padding.length());
    return facts;
  }

  private static void put(Map<String, Object> facts, String name, @Nullable Object value) {
    if (value != null) {
      facts.put(name, value);
    }
  }
}
