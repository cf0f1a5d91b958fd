package dev.heed.cli;

import dev.heed.task.NearestLabel;
import dev.heed.task.Prediction;
import dev.heed.task.SentenceEmbedder;
import dev.heed.task.TextClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed classify`: which labels texts have.
@Command(
    name = "classify",
    description = "Says which label texts have: by a model that was trained for it, or --labels.")
final class ClassifyCommand implements Callable<Integer> {
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
    AtomicInteger cut = new AtomicInteger();
    TextAnswers.write(
        heed,
        input,
        output,
        "Classifying",
        texts -> {
          TextClassifier.Predictions judged = judge.classify(texts);
          cut.addAndGet(judged.cut());
          List<TextAnswers.Answer> answers = new ArrayList<>();
          for (int i = 0; i < texts.size(); i++) {
            Prediction prediction = judged.predictions().get(i);
            answers.add(
                new TextAnswers.Answer(shown(prediction, texts.get(i)), answer(prediction)));
          }
          return answers;
        });
    if (cut.get() > 0) {
      heed.notes().println(cut + " of the texts were longer than the model takes and were cut");
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

  private static String shown(Prediction prediction, String text) {
    return String.format(
        Locale.ROOT,
        "%s\t%.4f\t%s",
        prediction.labels().isEmpty() ? "-" : String.join("|", prediction.labels()),
        prediction.confidence(),
        text);
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
