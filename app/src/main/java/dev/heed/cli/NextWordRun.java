package dev.heed.cli;

import dev.heed.model.ConfigFile;
import dev.heed.task.LanguageModelTraining;
import dev.heed.task.LanguageModelTraining.Foresight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The folder of a run: what it was asked, so that it can go on and be repeated.
record NextWordRun(
    Path folder,
    List<Path> data,
    double validation,
    @Nullable String from,
    LanguageModelTraining.Architecture architecture,
    int vocabulary,
    LanguageModelTraining.Settings settings,
    String digest) {
  long steps() {
    return settings.steps();
  }

  int tokensPerStep() {
    return settings.tokensPerStep();
  }

  /// Writes the run down before it begins.
  NextWordRun begin(TextSplit texts) throws IOException {
    NextWordRun begun =
        new NextWordRun(
            folder, data, validation, from, architecture, vocabulary, settings, texts.digest());
    RunFolder.begin(folder, begun.toMap());
    return begun;
  }

  private Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", data.stream().map(Path::toString).toList());
    map.put("data_sha256", digest);
    map.put("validation", validation);
    map.put("from", from);
    map.put("width", architecture.width());
    map.put("layers", architecture.layers());
    map.put("heads", architecture.heads());
    map.put("dropout", architecture.dropout());
    map.put("vocabulary", vocabulary);
    map.put("context", settings.longest());
    map.put("steps", settings.steps());
    map.put("tokens_per_step", settings.tokensPerStep());
    map.put("learning_rate", settings.learningRate());
    map.put("evaluate_every", settings.evaluateEvery());
    map.put("seed", settings.seed());
    return map;
  }

  /// The command that makes the same model again, bit for bit.
  String command() {
    StringBuilder command = new StringBuilder("heed train next-word --data");
    data.forEach(file -> command.append(" '").append(file).append('\''));
    if (from != null) {
      command.append(" --from '").append(from).append('\'');
    } else {
      command.append(
          String.format(
              Locale.ROOT,
              " --vocabulary %d --width %d --layers %d --heads %d --dropout %s",
              vocabulary,
              architecture.width(),
              architecture.layers(),
              architecture.heads(),
              architecture.dropout()));
    }
    return command
        .append(
            String.format(
                Locale.ROOT,
                " --context %d --steps %d --tokens-per-step %d --learning-rate %s"
                    + " --validation %s --seed %d",
                settings.longest(),
                settings.steps(),
                settings.tokensPerStep(),
                settings.learningRate(),
                validation,
                settings.seed()))
        .toString();
  }

  static NextWordRun read(Path folder) {
    ConfigFile map = RunFolder.unfinished(folder);
    int context = map.integer("context");
    String from = map.string("from", "");
    return new NextWordRun(
        folder,
        map.strings("data").stream().map(Path::of).toList(),
        map.number("validation"),
        from.isEmpty() ? null : from,
        new LanguageModelTraining.Architecture(
            map.integer("width"),
            map.integer("layers"),
            map.integer("heads"),
            context,
            map.number("dropout")),
        map.integer("vocabulary"),
        new LanguageModelTraining.Settings(
            context,
            map.integer("steps"),
            map.integer("tokens_per_step"),
            map.number("learning_rate"),
            map.integer("evaluate_every"),
            ((Number) map.value("seed").orElse(0L)).longValue()),
        map.string("data_sha256"));
  }

  void requireSameData(TextSplit texts) {
    if (!texts.digest().equals(digest)) {
      throw CommandFailure.usage(
          "the data of the run in %s must be what it was: %s changed".formatted(folder, data));
    }
  }

  /// Writes the figures down, which ends the run; its checkpoints are no longer needed.
  void end(Map<String, Object> figures) throws IOException {
    RunFolder.end(folder, toMap(), figures);
  }

  String modelCard(@Nullable Foresight before, Foresight after) {
    String learned = from == null ? "from nothing" : "from `" + from + "`";
    return """
    ---
    library_name: transformers
    pipeline_tag: text-generation
    tags: [heed]
    ---
    # %s

    A language model that Heed %s trained %s.

    Data: %s (the licence of the model follows that of the data%s). The last %s of each file was held out.

    Held out: %s.%s

    The same model again, bit for bit on the same machine:

    ```
    %s
    ```
    """
        .formatted(
            folder.toAbsolutePath().getFileName(),
            Version.heed(),
            learned,
            String.join(", ", data.stream().map(file -> "`" + file.getFileName() + "`").toList()),
            from == null ? "" : " and of the model it began with",
            String.format(Locale.ROOT, "%.0f %%", 100 * validation),
            TrainNextWordCommand.shown(after),
            before == null ? "" : " Before: " + TrainNextWordCommand.shown(before) + ".",
            command());
  }
}
