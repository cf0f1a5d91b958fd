package dev.heed.cli;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.model.ConfigFile;
import dev.heed.task.EncoderArchitecture;
import dev.heed.task.TextTrainingSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a run of `heed train classify` was asked.
///
/// @param from the pretrained encoder, null for a new model
/// @param features whether the encoder stays as it is
/// @param architecture how a new model looks
record ClassifyRun(
    Path data,
    List<String> columns,
    @Nullable String group,
    boolean multiLabel,
    boolean skipBadRows,
    double validation,
    @Nullable String from,
    boolean features,
    EncoderArchitecture architecture,
    TextTrainingSettings settings) {
  static final String TASK = "classify";

  /// Reads what such a run learns from.
  static Dataset dataset(
      Path data, List<String> columns, @Nullable String group, boolean skipBadRows) {
    Dataset dataset = DatasetOptions.read(data, columns, skipBadRows);
    return group == null ? dataset : dataset.groupedBy(group);
  }

  Dataset dataset() {
    return dataset(data, columns, group, skipBadRows);
  }

  LabelledTexts.Split split(Dataset dataset) {
    return LabelledTexts.of(dataset, multiLabel).split(validation, settings.seed());
  }

  Map<String, @Nullable Object> toMap(String digest) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("task", TASK);
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", List.of(data.toString()));
    map.put("data_sha256", digest);
    map.put("columns", columns);
    map.put("group", group);
    map.put("multi_label", multiLabel);
    map.put("skip_bad_rows", skipBadRows);
    map.put("validation", validation);
    map.put("from", from);
    map.put("features", features);
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

  static ClassifyRun of(RunFolder folder) {
    ConfigFile map = folder.asked();
    String from = map.string("from", "");
    String group = map.string("group", "");
    return new ClassifyRun(
        Path.of(map.strings("data").getFirst()),
        map.strings("columns"),
        group.isEmpty() ? null : group,
        map.flag("multi_label", false),
        map.flag("skip_bad_rows", false),
        map.number("validation"),
        from.isEmpty() ? null : from,
        map.flag("features", false),
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

  /// The command that makes the same model again, bit for bit.
  String command() {
    StringBuilder command = new StringBuilder("heed train classify --data '" + data + "'");
    if (!columns.isEmpty()) {
      command.append(" --columns '").append(String.join(",", columns)).append('\'');
    }
    if (group != null) {
      command.append(" --group '").append(group).append('\'');
    }
    command.append(multiLabel ? " --multi-label" : "");
    command.append(skipBadRows ? " --skip-bad-rows" : "");
    if (from != null) {
      command.append(" --from '").append(from).append('\'');
      command.append(features ? " --features" : "");
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
    return command
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
        .toString();
  }

  ModelCard modelCard(ClassificationReport report) {
    return new ModelCard(
        "text-classification",
        "A classifier of texts",
        from,
        List.of(data),
        String.format(Locale.ROOT, "%.0f %% of each label was held out.", 100 * validation),
        report.markdown(),
        command());
  }
}
