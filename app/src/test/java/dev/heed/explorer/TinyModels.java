package dev.heed.explorer;

import dev.heed.data.TextPairs;
import dev.heed.task.LanguageModelTraining;
import dev.heed.task.MiniLm;
import dev.heed.task.TranslationTraining;
import dev.heed.tokenizer.BpeTrainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// minilm; an untrained language model and translator under the names of the small models; and one
/// of each family and head, with random weights.
final class TinyModels implements ModelShelf {
  /// Golden checkpoints by their folders: every architecture that is built in its own way, and
  /// every head.
  static final List<String> FAMILIES =
      List.of(
          "albert",
          "bert-tagging",
          "distilbert-guessing",
          "electra-judging",
          "modernbert-judging",
          "mpnet-guessing",
          "roberta-judging",
          "bart",
          "marian-separate",
          "pegasus",
          "t5",
          "t5-gated",
          "llama/llama-llama3",
          "llama/mistral",
          "llama/qwen3",
          "llama/gemma3");

  private static final String TOKENIZER =
      """
      {"version":"1.0","truncation":null,"padding":null,
       "added_tokens":[{"id":0,"content":"[CLS]","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false},
        {"id":1,"content":"[PAD]","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false},
        {"id":2,"content":"[SEP]","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],
       "normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Whitespace"},
       "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[0],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}},
       "decoder":null,
       "model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[CLS]":0,"[PAD]":1,"[SEP]":2,"[UNK]":3,"[MASK]":4,
        "the":5,"train":6,"left":7,"station":8,"on":9,"time":10,".":11,"radio":12,"space":13}}}
      """;

  private final Path folder;

  TinyModels(Path folder) {
    this.folder = folder;
    try {
      for (String family : FAMILIES) {
        Path from = Path.of("../models/src/test/resources/goldens").resolve(family);
        Path to = Files.createDirectories(folder.resolve(name(family)));
        Files.copy(from.resolve("config.json"), to.resolve("config.json"));
        Files.copy(from.resolve("model.safetensors"), to.resolve("model.safetensors"));
        Files.writeString(to.resolve("tokenizer.json"), TOKENIZER);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> texts = List.of("The train left the station on time.", "Der Zug fuhr ab.");
    LanguageModelTraining.ofNewModel(
            new LanguageModelTraining.Architecture(16, 2, 2, 128, 0),
            new LanguageModelTraining.Settings(64, 2, 64, 1e-2, 2, 1),
            BpeTrainer.of(290).train(texts),
            null)
        .model()
        .save(folder.resolve("demo"));
    List<TextPairs.Pair> pairs = List.of(new TextPairs.Pair(texts.getFirst(), texts.getLast()));
    TranslationTraining.ofNewModel(
            new TranslationTraining.Architecture(16, 2, 2, 32, 128, 0),
            new TranslationTraining.Settings(2, 64, 1e-3, 2, 1),
            TranslationTraining.tokenizer(pairs, 280),
            null)
        .translator()
        .save(folder.resolve("numbers"));
  }

  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(List.of(MiniLm.NAME, "demo", "numbers"));
    FAMILIES.forEach(family -> names.add(name(family)));
    return names;
  }

  private static String name(String family) {
    return family.substring(family.lastIndexOf('/') + 1);
  }

  @Override
  public Path path(String name) {
    return name.equals(MiniLm.NAME)
        ? MiniLm.directory(Path.of("target/heed-home").toAbsolutePath())
        : folder.resolve(name);
  }

  /// A preparation with nothing to do.
  static Preparation prepared() {
    return new Preparation() {
      @Override
      public void start() {}

      @Override
      public Map<String, Object> state() {
        return Map.of("state", "done", "message", "", "share", 1.0);
      }
    };
  }
}
