package dev.heed.cli;

import dev.heed.data.TextPairs;
import dev.heed.model.ConfigFile;
import dev.heed.model.marian.MarianConfiguration.Family;
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
/// @param skipBadRows whether rows that cannot be used are passed over
/// @param validation the share of the pairs that is held out
/// @param from the model that the run began with, null for nothing
/// @param tokenizer a new model's tokenizer, null for one learned from the pairs
record TranslationRun(
    Path folder,
    List<Path> data,
    List<String> columns,
    boolean skipBadRows,
    double validation,
    @Nullable String from,
    @Nullable Path tokenizer,
    int vocabulary,
    TranslationTraining.Architecture architecture,
    TranslationTraining.Settings settings) {
  static final String TASK = "translate";

  /// Writes the run down before it begins.
  RunFolder begin(TextPairs pairs) throws IOException {
    return RunFolder.begin(folder, toMap(PairFiles.digest(pairs)));
  }

  /// Reads what such a run learns from.
  TextPairs pairs() {
    return PairFiles.read(data, columns, skipBadRows);
  }

  static TranslationRun of(RunFolder folder) {
    ConfigFile map = folder.asked();
    String from = map.string("from", "");
    String tokenizer = map.string("tokenizer", "");
    return new TranslationRun(
        folder.path(),
        map.strings("data").stream().map(Path::of).toList(),
        map.strings("columns"),
        map.flag("skip_bad_rows", false),
        map.number("validation"),
        from.isEmpty() ? null : from,
        tokenizer.isEmpty() ? null : Path.of(tokenizer),
        map.integer("vocabulary"),
        new TranslationTraining.Architecture(
            map.integer("width"),
            map.integer("layers"),
            map.integer("heads"),
            map.integer("feed_forward"),
            map.integer("longest"),
            map.number("dropout"),
            map.integer("key_width"),
            Family.valueOf(map.string("family"))),
        new TranslationTraining.Settings(
            map.integer("steps"),
            map.integer("tokens_per_step"),
            map.number("learning_rate"),
            map.number("label_smoothing"),
            map.integer("evaluate_every"),
            ((Number) map.value("seed").orElse(0L)).longValue()));
  }

  private Map<String, @Nullable Object> toMap(String digest) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("task", TASK);
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", data.stream().map(Path::toString).toList());
    map.put("data_sha256", digest);
    map.put("columns", columns);
    map.put("skip_bad_rows", skipBadRows);
    map.put("validation", validation);
    map.put("from", from);
    map.put("tokenizer", tokenizer == null ? null : tokenizer.toString());
    map.put("vocabulary", vocabulary);
    map.put("width", architecture.width());
    map.put("layers", architecture.layers());
    map.put("heads", architecture.heads());
    map.put("feed_forward", architecture.feedForward());
    map.put("longest", architecture.longest());
    map.put("dropout", architecture.dropout());
    map.put("key_width", architecture.keyWidth());
    map.put("family", architecture.family().name());
    map.put("steps", settings.steps());
    map.put("tokens_per_step", settings.tokensPerStep());
    map.put("learning_rate", settings.learningRate());
    map.put("label_smoothing", settings.labelSmoothing());
    map.put("evaluate_every", settings.evaluateEvery());
    map.put("seed", settings.seed());
    return map;
  }

  /// The command that makes the same model again, bit for bit.
  String command() {
    String files =
        data.size() == 1
            ? "--data '%s'%s%s"
                .formatted(
                    data.getFirst(),
                    columns.isEmpty() ? "" : " --columns '" + String.join(",", columns) + "'",
                    skipBadRows ? " --skip-bad-rows" : "")
            : "--source '%s' --target '%s'".formatted(data.getFirst(), data.getLast());
    return RunFolder.inPrecision(
        String.format(
            Locale.ROOT,
            "heed train translate %s --validation %s %s --steps %d --tokens-per-step %d"
                + " --learning-rate %s --label-smoothing %s --seed %d",
            files,
            validation,
            from == null ? shape() : "--from '" + from + "'",
            settings.steps(),
            settings.tokensPerStep(),
            settings.learningRate(),
            settings.labelSmoothing(),
            settings.seed()));
  }

  private String shape() {
    return String.format(
        Locale.ROOT,
        "%s --width %d --layers %d --heads %d --feed-forward %d --max-length %d"
            + " --dropout %s%s",
        tokenizer == null ? "--vocabulary " + vocabulary : "--tokenizer '" + tokenizer + "'",
        architecture.width(),
        architecture.layers(),
        architecture.heads(),
        architecture.feedForward(),
        architecture.longest(),
        architecture.dropout(),
        switch (architecture.family()) {
          case MARIAN -> "";
          case BART -> " --learned-positions";
          case PEGASUS -> " --pre-norm";
          case HEED -> " --key-width " + architecture.keyWidth();
        });
  }

  ModelCard modelCard(TranslationQuality quality) {
    return new ModelCard(
        "translation",
        from == null
            ? "A translation model (the encoder-decoder Transformer of 2017, %d + %d layers, %d wide)"
                .formatted(architecture.layers(), architecture.layers(), architecture.width())
            : "A translation model",
        from,
        data,
        String.format(
            Locale.ROOT,
            "%.0f %% of the pairs, at most %,d, were held out by their sources.",
            100 * validation,
            TrainTranslateCommand.MOST_HELD_OUT),
        "Held out: " + quality.shown() + ".",
        command());
  }
}
