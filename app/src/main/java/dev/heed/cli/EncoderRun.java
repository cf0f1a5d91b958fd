package dev.heed.cli;

import dev.heed.model.ConfigFile;
import dev.heed.task.EncoderArchitecture;
import dev.heed.task.TextTrainingSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a training of an encoder on texts was asked, so that it can go on and be repeated.
///
/// @param task the subcommand of `heed train`
/// @param validation the share of the data that is held out
/// @param options what else was asked: an option's name without `--` and its value, empty for a
///   switch
/// @param from the pretrained encoder, null for a new model
/// @param architecture how a new model looks
record EncoderRun(
    String task,
    Path data,
    List<String> columns,
    boolean skipBadRows,
    double validation,
    Map<String, String> options,
    @Nullable String from,
    EncoderArchitecture architecture,
    TextTrainingSettings settings) {
  /// The run that options ask for.
  ///
  /// @param usual how such a run learns where nothing is said
  static EncoderRun asked(
      String task,
      DatasetOptions data,
      EncoderTrainingOptions training,
      EncoderArchitecture architecture,
      Map<String, String> options,
      TextTrainingSettings usual) {
    return new EncoderRun(
        task,
        data.data(),
        data.columns(),
        data.skipBadRows(),
        training.validation(),
        options,
        training.from(),
        architecture,
        training.settings(usual));
  }

  /// The same beginning with another model.
  EncoderRun from(String other) {
    return new EncoderRun(
        task, data, columns, skipBadRows, validation, options, other, architecture, settings);
  }

  /// Whether a switch was given.
  boolean has(String option) {
    return options.containsKey(option);
  }

  Map<String, @Nullable Object> toMap(String digest) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("task", task);
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", List.of(data.toString()));
    map.put("data_sha256", digest);
    map.put("columns", columns);
    map.put("skip_bad_rows", skipBadRows);
    map.put("validation", validation);
    map.put("options", options);
    map.put("from", from);
    map.put("vocabulary", architecture.vocabulary());
    map.put("width", architecture.width());
    map.put("layers", architecture.layers());
    map.put("heads", architecture.heads());
    map.put("dropout", architecture.dropout());
    map.put("context", settings.longest());
    map.put("steps", settings.steps());
    map.put("texts_per_step", settings.textsPerStep());
    map.put("learning_rate", settings.learningRate());
    map.put("evaluate_every", settings.evaluateEvery());
    map.put("seed", settings.seed());
    return map;
  }

  static EncoderRun of(RunFolder folder) {
    ConfigFile map = folder.asked();
    String from = map.string("from", "");
    return new EncoderRun(
        map.string("task"),
        Path.of(map.strings("data").getFirst()),
        map.strings("columns"),
        map.flag("skip_bad_rows", false),
        map.number("validation"),
        options(map),
        from.isEmpty() ? null : from,
        new EncoderArchitecture(
            map.integer("vocabulary"),
            map.integer("width"),
            map.integer("layers"),
            map.integer("heads"),
            map.number("dropout")),
        new TextTrainingSettings(
            map.integer("context"),
            map.integer("steps"),
            map.integer("texts_per_step"),
            map.number("learning_rate"),
            map.integer("evaluate_every"),
            ((Number) map.value("seed").orElse(0L)).longValue()));
  }

  /// What `options` of a `run.json` says.
  static Map<String, String> options(ConfigFile map) {
    Map<String, String> options = new LinkedHashMap<>();
    if (map.value("options").orElse(null) instanceof Map<?, ?> more) {
      more.forEach((name, value) -> options.put(String.valueOf(name), String.valueOf(value)));
    }
    return options;
  }

  /// The command that makes the same model again, bit for bit.
  String command() {
    StringBuilder command = new StringBuilder("heed train %s --data '%s'".formatted(task, data));
    if (!columns.isEmpty()) {
      command.append(" --columns '").append(String.join(",", columns)).append('\'');
    }
    command.append(skipBadRows ? " --skip-bad-rows" : "");
    if (from != null) {
      command.append(" --from '").append(from).append('\'');
    } else {
      command.append(
          String.format(
              Locale.ROOT,
              " --vocabulary %d --width %d --layers %d --heads %d --dropout %s",
              architecture.vocabulary(),
              architecture.width(),
              architecture.layers(),
              architecture.heads(),
              architecture.dropout()));
    }
    options.forEach((name, value) ->
        command.append(" --").append(name).append(value.isEmpty() ? "" : " '" + value + "'"));
    return RunFolder.inPrecision(
        command
            .append(
                String.format(
                    Locale.ROOT,
                    " --context %d --steps %d --texts-per-step %d --learning-rate %s"
                        + " --validation %s --seed %d",
                    settings.longest(),
                    settings.steps(),
                    settings.textsPerStep(),
                    settings.learningRate(),
                    validation,
                    settings.seed()))
            .toString());
  }

  /// The model card.
  ///
  /// @param pipeline Hugging Face's name of the task
  /// @param kind what the model is
  /// @param heldOut what of the data was held out, such as `each label`
  /// @param figures how good it is, as Markdown
  ModelCard modelCard(String pipeline, String kind, String heldOut, String figures) {
    return new ModelCard(
            pipeline,
            kind,
            from,
            List.of(data),
            String.format(Locale.ROOT, "%.0f %% of %s was held out.", 100 * validation, heldOut),
            figures,
            command())
        .ofAdaptation(options);
  }
}
