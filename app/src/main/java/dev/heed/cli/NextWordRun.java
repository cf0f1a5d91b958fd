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

/// What a run of `heed train next-word` was asked.
///
/// @param adaptation how much of a pretrained model learns, as options without `--`
/// @param tokenizer a new model's tokenizer, null for one learned from the texts
record NextWordRun(
    Path folder,
    List<Path> data,
    double validation,
    @Nullable String from,
    Map<String, String> adaptation,
    LanguageModelTraining.Architecture architecture,
    @Nullable Path tokenizer,
    int vocabulary,
    LanguageModelTraining.Settings settings) {
  static final String TASK = "next-word";

  long steps() {
    return settings.steps();
  }

  int tokensPerStep() {
    return settings.tokensPerStep();
  }

  /// Writes the run down before it begins.
  RunFolder begin(TextSplit texts) throws IOException {
    return RunFolder.begin(folder, toMap(texts.digest()));
  }

  private Map<String, @Nullable Object> toMap(String digest) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("task", TASK);
    map.put("command", command());
    map.put("heed", Version.heed());
    map.put("data", data.stream().map(Path::toString).toList());
    map.put("data_sha256", digest);
    map.put("validation", validation);
    map.put("from", from);
    map.put("options", adaptation);
    map.put("width", architecture.width());
    map.put("layers", architecture.layers());
    map.put("heads", architecture.heads());
    map.put("dropout", architecture.dropout());
    map.put("tokenizer", tokenizer == null ? null : tokenizer.toString());
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
      adaptation.forEach(
          (name, value) -> command.append(" --").append(name).append(' ').append(value));
    } else {
      command.append(
          String.format(
              Locale.ROOT,
              " %s --width %d --layers %d --heads %d --dropout %s",
              tokenizer == null ? "--vocabulary " + vocabulary : "--tokenizer '" + tokenizer + "'",
              architecture.width(),
              architecture.layers(),
              architecture.heads(),
              architecture.dropout()));
    }
    return RunFolder.inPrecision(
        command
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
            .toString());
  }

  static NextWordRun of(RunFolder folder) {
    ConfigFile map = folder.asked();
    int context = map.integer("context");
    String from = map.string("from", "");
    String tokenizer = map.string("tokenizer", "");
    return new NextWordRun(
        folder.path(),
        map.strings("data").stream().map(Path::of).toList(),
        map.number("validation"),
        from.isEmpty() ? null : from,
        EncoderRun.options(map),
        new LanguageModelTraining.Architecture(
            map.integer("width"),
            map.integer("layers"),
            map.integer("heads"),
            context,
            map.number("dropout")),
        tokenizer.isEmpty() ? null : Path.of(tokenizer),
        map.integer("vocabulary"),
        new LanguageModelTraining.Settings(
            context,
            map.integer("steps"),
            map.integer("tokens_per_step"),
            map.number("learning_rate"),
            map.integer("evaluate_every"),
            ((Number) map.value("seed").orElse(0L)).longValue()));
  }

  ModelCard modelCard(@Nullable Foresight before, Foresight after) {
    ModelCard card =
        new ModelCard(
            "text-generation",
            "A language model",
            from,
            data,
            String.format(
                Locale.ROOT,
                "The last %.0f %% of each file was held out, of all at most two million"
                    + " characters.",
                100 * validation),
            "Held out: %s.%s"
                .formatted(
                    TrainNextWordCommand.shown(after),
                    before == null ? "" : " Before: " + TrainNextWordCommand.shown(before) + "."),
            command());
    return card.ofAdaptation(adaptation);
  }
}
