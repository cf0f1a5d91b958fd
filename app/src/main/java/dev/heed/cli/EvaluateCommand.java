package dev.heed.cli;

import dev.heed.data.LabelledTexts;
import dev.heed.task.ClassificationFigures;
import dev.heed.task.TextClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed evaluate`: how good a model is on data; which figures, the kind of model decides.
@Command(
    name = "evaluate",
    description = "Says how good a model is on data: by the figures of what it was trained for.")
final class EvaluateCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();
  @Mixin private ResultOutput output = new ResultOutput();

  EvaluateCommand(HeedCommand heed) {
    this.heed = heed;
  }

  /// What a kind of model is told of data.
  ///
  /// @param lines for people
  /// @param values for programs
  record Evaluation(List<String> lines, Map<String, @Nullable Object> values) {}

  @Override
  public Integer call() throws IOException {
    data.data(); // is there before the model loads
    Path directory = SavedModels.resolve(heed);
    String architecture = SavedModels.architecture(directory);
    Evaluation evaluation;
    if (architecture.endsWith("ForSequenceClassification")) {
      evaluation = classification(directory);
    } else {
      throw CommandFailure.usage(
          "heed evaluate needs a model that classifies texts: %s is a %s"
              .formatted(directory, architecture));
    }
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            evaluation.lines.forEach(out::println);
          } else {
            Json.write(out, output.format(), json -> Json.value(json, evaluation.values));
          }
        });
    return ExitCode.DONE.code();
  }

  private Evaluation classification(Path directory) {
    TextClassifier classifier = TextClassifier.load(directory);
    try {
      LabelledTexts texts = LabelledTexts.toEvaluate(data.read(), classifier.multiLabel());
      if (!texts.faults().isEmpty()) {
        heed.notes()
            .println(
                texts.faults().size() + " rows skipped, the first: " + texts.faults().getFirst());
      }
      ClassificationFigures figures = classifier.evaluate(texts);
      ClassificationReport report = new ClassificationReport(figures);
      return new Evaluation(report.lines(), report.values());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
