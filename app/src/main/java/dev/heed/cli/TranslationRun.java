package dev.heed.cli;

import dev.heed.data.TextPairs;
import dev.heed.model.ConfigFile;
import dev.heed.task.TranslationTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What was asked of a training of a translator, so that it can go on and be repeated.
///
/// @param data one file of pairs, or the sources' and the targets'
/// @param columns the names of the columns of the one file; empty where it has no header
/// @param validation the share of the pairs that is held out
/// @param digest of all pairs
record TranslationRun(
    Path folder,
    List<Path> data,
    List<String> columns,
    double validation,
    int vocabulary,
    TranslationTraining.Architecture architecture,
    TranslationTraining.Settings settings,
    String digest) {

  /// Writes the run down before it begins.
  void begin() throws IOException {
    RunFolder.begin(folder, toMap());
  }

  static TranslationRun read(Path folder) {
    ConfigFile map = RunFolder.unfinished(folder);
    return new TranslationRun(
        folder,
        map.strings("data").stream().map(Path::of).toList(),
        map.strings("columns"),
        map.number("validation"),
        map.integer("vocabulary"),
        new TranslationTraining.Architecture(
            map.integer("width"),
            map.integer("layers"),
            map.integer("heads"),
            map.integer("feed_forward"),
            map.integer("longest"),
            map.number("dropout")),
        new TranslationTraining.Settings(
            map.integer("steps"),
            map.integer("tokens_per_step"),
            map.number("learning_rate"),
            map.integer("evaluate_every"),
            ((Number) map.value("seed").orElse(0L)).longValue()),
        map.string("data_sha256"));
  }

  void requireSameData(TextPairs pairs) {
    if (!PairFiles.digest(pairs).equals(digest)) {
      throw CommandFailure.usage(
          "the data of the run in %s must be what it was: %s changed".formatted(folder, data));
    }
  }

  /// Writes the figures down, which ends the run.
  void end(Map<String, Object> figures) throws IOException {
    RunFolder.end(folder, toMap(), figures);
  }

  private Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", data.stream().map(Path::toString).toList());
    map.put("columns", columns);
    map.put("data_sha256", digest);
    map.put("validation", validation);
    map.put("vocabulary", vocabulary);
    map.put("width", architecture.width());
    map.put("layers", architecture.layers());
    map.put("heads", architecture.heads());
    map.put("feed_forward", architecture.feedForward());
    map.put("longest", architecture.longest());
    map.put("dropout", architecture.dropout());
    map.put("steps", settings.steps());
    map.put("tokens_per_step", settings.tokensPerStep());
    map.put("learning_rate", settings.learningRate());
    map.put("evaluate_every", settings.evaluateEvery());
    map.put("seed", settings.seed());
    return map;
  }

  /// The command that makes the same model again, bit for bit.
  String command() {
    String files =
        data.size() == 1
            ? "--data '%s'%s"
                .formatted(
                    data.getFirst(),
                    columns.isEmpty() ? "" : " --columns " + String.join(",", columns))
            : "--source '%s' --target '%s'".formatted(data.getFirst(), data.getLast());
    return String.format(
        Locale.ROOT,
        "heed train translate %s --validation %s --vocabulary %d --width %d --layers %d --heads %d"
            + " --feed-forward %d --max-length %d --dropout %s --steps %d --tokens-per-step %d"
            + " --learning-rate %s --seed %d",
        files,
        validation,
        vocabulary,
        architecture.width(),
        architecture.layers(),
        architecture.heads(),
        architecture.feedForward(),
        architecture.longest(),
        architecture.dropout(),
        settings.steps(),
        settings.tokensPerStep(),
        settings.learningRate(),
        settings.seed());
  }

  String modelCard(TranslationQuality quality) {
    return """
    ---
    library_name: transformers
    pipeline_tag: translation
    tags: [heed]
    metrics: [bleu, chrf]
    ---
    # %s

    A translation model that Heed %s trained from nothing: the encoder-decoder Transformer of 2017, %d + %d layers, %d wide.

    Data: %s (the licence of the model follows that of the data). %s of the pairs were held out, by their source.

    Held out: %s.

    The same model again, bit for bit on the same machine:

    ```
    %s
    ```
    """
        .formatted(
            folder.toAbsolutePath().getFileName(),
            Version.heed(),
            architecture.layers(),
            architecture.layers(),
            architecture.width(),
            String.join(", ", data.stream().map(file -> "`" + file.getFileName() + "`").toList()),
            String.format(
                Locale.ROOT,
                "%.0f %%, at most %d",
                100 * validation,
                TrainTranslateCommand.MOST_HELD_OUT),
            quality.shown(),
            command());
  }
}
