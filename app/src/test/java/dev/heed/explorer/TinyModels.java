package dev.heed.explorer;

import dev.heed.data.TextPairs;
import dev.heed.task.LanguageModelTraining;
import dev.heed.task.MiniLm;
import dev.heed.task.TranslationTraining;
import dev.heed.tokenizer.BpeTrainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// minilm, and an untrained language model and translator under the names of the small models.
final class TinyModels implements ModelShelf {
  private final Path folder;

  TinyModels(Path folder) {
    this.folder = folder;
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
    return List.of(MiniLm.NAME, "demo", "numbers");
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
