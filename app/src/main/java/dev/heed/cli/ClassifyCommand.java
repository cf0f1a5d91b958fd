package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.task.NearestLabel;
import dev.heed.task.Prediction;
import dev.heed.task.SentenceEmbedder;
import dev.heed.task.TextClassifier;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed classify`: which labels texts have.
@Command(
    name = "classify",
    description = "Says which label texts have: by a model that was trained for it, or --labels.")
final class ClassifyCommand implements Callable<Integer> {
  /// Texts that are read, sorted by length, computed and written before the next ones.
  private static final int WINDOW = 512;

  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "A,B",
      description = "take the label nearest in meaning, without any training (by minilm)")
  private List<String> labels = List.of();

  @Option(names = "--pairs", description = "each text is two, with a tab between")
  private boolean pairs;

  @Mixin private ResultOutput output = new ResultOutput();

  ClassifyCommand(HeedCommand heed) {
    this.heed = heed;
  }

  /// What judges texts.
  private interface Judge {
    TextClassifier.Predictions classify(List<String> texts);
  }

  @Override
  public Integer call() throws IOException {
    Judge judge = labels.isEmpty() ? trained() : nearest();
    Work work = new Work(judge);
    OptionalLong total = input.count();
    output.write(
        heed,
        out -> {
          try (Interruption interruption = Interruption.watch();
              ProgressBar bar = heed.progress()) {
            if (total.isPresent() && total.getAsLong() > WINDOW) {
              bar.begin("Classifying", total.getAsLong(), "text");
            }
            input.forEach(
                heed,
                text -> {
                  if (!interruption.requested()) {
                    work.window.add(text);
                    if (work.window.size() == WINDOW) {
                      work.compute(out);
                      bar.update(work.done, Map.of());
                    }
                  }
                });
            work.interrupted = interruption.requested();
            if (!work.interrupted) {
              work.compute(out);
              work.end(out);
            }
            if (total.isPresent() && total.getAsLong() > WINDOW) {
              bar.end(work.done, Map.of());
            }
          }
          if (work.interrupted) {
            throw new CommandFailure(
                ExitCode.INTERRUPTED, "interrupted after " + work.done + " texts", null);
          }
        });
    if (work.cut > 0) {
      heed.notes().println(work.cut + " of the texts were longer than the model takes and were cut");
    }
    return ExitCode.DONE.code();
  }

  private Judge trained() {
    Path directory = SavedModels.lastOf(heed, "ForSequenceClassification", "heed train classify");
    TextClassifier classifier = TextClassifier.load(directory);
    return texts -> classifier.classify(texts.stream().map(this::text).toList());
  }

  private TextClassifier.Text text(String line) {
    if (!pairs) {
      return new TextClassifier.Text(line, null);
    }
    int tab = line.indexOf('\t');
    if (tab < 0) {
      throw CommandFailure.usage("--pairs needs a tab between two texts: received " + line);
    }
    return new TextClassifier.Text(line.substring(0, tab), line.substring(tab + 1));
  }

  private Judge nearest() {
    if (pairs) {
      throw CommandFailure.usage("--pairs cannot stand with --labels");
    }
    SentenceEmbedder embedder = Embedders.load(heed).embedder();
    try {
      return new NearestLabel(embedder, labels.stream().map(String::strip).toList())::classify;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--" + e.getMessage());
    }
  }

  /// What was computed so far. JSON is one value for all texts, and so is written at the end.
  private final class Work {
    private final Judge judge;
    private final List<String> window = new ArrayList<>();
    private final List<Map<String, Object>> answers = new ArrayList<>();
    private long done;
    private long cut;
    private boolean interrupted;

    Work(Judge judge) {
      this.judge = judge;
    }

    void compute(PrintStream out) throws IOException {
      TextClassifier.Predictions judged = judge.classify(window);
      for (int i = 0; i < window.size(); i++) {
        Prediction prediction = judged.predictions().get(i);
        switch (output.format()) {
          case TEXT ->
              out.printf(
                  Locale.ROOT,
                  "%s\t%.4f\t%s%n",
                  prediction.labels().isEmpty() ? "-" : String.join("|", prediction.labels()),
                  prediction.confidence(),
                  window.get(i));
          case JSONL -> {
            Map<String, Object> answer = answer(prediction);
            Json.write(out, Format.JSONL, json -> Json.value(json, answer));
          }
          case JSON -> answers.add(answer(prediction));
        }
      }
      cut += judged.cut();
      done += window.size();
      window.clear();
    }

    void end(PrintStream out) throws IOException {
      if (output.format() == Format.JSON) {
        Object all = answers.size() == 1 ? answers.getFirst() : answers;
        Json.write(out, Format.JSON, json -> Json.value(json, all));
      }
    }
  }

  private static Map<String, Object> answer(Prediction prediction) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("label", prediction.label());
    if (prediction.labels().size() != 1 || !prediction.labels().contains(prediction.label())) {
      answer.put("labels", prediction.labels());
    }
    answer.put("scores", prediction.probabilities());
    return answer;
  }
}
