package dev.heed.cli;

import dev.heed.data.LabelledTexts;
import dev.heed.data.RatedPairs;
import dev.heed.data.TaggedTexts;
import dev.heed.task.ClassificationFigures;
import dev.heed.task.EmbeddingFigures;
import dev.heed.task.LanguageModel;
import dev.heed.task.Perplexity;
import dev.heed.task.SentenceEmbedder;
import dev.heed.task.TextClassifier;
import dev.heed.task.TextTagger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed evaluate`: how good a model is on data; which figures, the kind of model decides.
@Command(
    name = "evaluate",
    description = "Says how good a model is on data: by the figures of what it was trained for.")
final class EvaluateCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private PairFiles files = new PairFiles();

  @Option(
      names = "--beams",
      paramLabel = "N",
      description =
          "translation: how many translations are followed at once (default: the model's)")
  private int beams;

  @Option(names = "--lowercase", description = "translation: without regard to case")
  private boolean lowercase;

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
    files.paths(); // are there before the model loads
    Path directory = SavedModels.resolve(heed);
    String architecture = SavedModels.architecture(directory);
    Evaluation evaluation;
    if (architecture.endsWith("ForSequenceClassification")) {
      evaluation = classification(directory);
    } else if (architecture.endsWith(TagCommand.KIND)) {
      evaluation = tagging(directory);
    } else if (architecture.endsWith("MTModel")
        || architecture.endsWith("ForConditionalGeneration")) {
      evaluation = EvaluateTranslation.of(heed, directory, files.read().pairs(), beams, lowercase);
    } else if (architecture.endsWith("Model") && !architecture.endsWith("LMHeadModel")) {
      evaluation = embedding(directory);
    } else if (architecture.isEmpty() // a GGUF file
        || architecture.endsWith("ForCausalLM")
        || architecture.endsWith("LMHeadModel")) {
      evaluation = language();
    } else {
      throw CommandFailure.usage(
          "heed evaluate needs a model that classifies, tags, embeds, translates or continues texts: %s is a %s"
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
      LabelledTexts texts =
          LabelledTexts.toEvaluate(files.dataset().read(), classifier.multiLabel());
      TrainingRun.tellSkipped(heed, texts.faults());
      ClassificationFigures figures = classifier.evaluate(texts);
      ClassificationReport report = new ClassificationReport(figures);
      return new Evaluation(report.lines(), report.values());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private Evaluation tagging(Path directory) {
    TextTagger tagger = TextTagger.load(directory);
    TaggedTexts texts = TrainTagCommand.read(files.dataset());
    TrainingRun.tellSkipped(heed, texts.faults());
    TaggingReport report = new TaggingReport(TrainingRun.usable(() -> tagger.evaluate(texts)));
    return new Evaluation(report.lines(), report.values());
  }

  private Evaluation embedding(Path directory) {
    RatedPairs pairs = TrainingRun.usable(() -> RatedPairs.of(files.dataset().read()));
    TrainingRun.tellSkipped(heed, pairs.faults());
    EmbeddingFigures figures = EmbeddingFigures.of(SentenceEmbedder.load(directory), pairs);
    return new Evaluation(
        List.of(TrainEmbedCommand.shown(figures)), TrainEmbedCommand.values(figures));
  }

  /// Of a language model on the text of a file.
  private Evaluation language() throws IOException {
    LanguageModel model = heed.languageModel();
    Path file = files.dataset().data();
    String text = Utf8.decode(Files.readAllBytes(file), file.toString());
    int window = Math.min(PerplexityCommand.USUAL_CONTEXT, model.model().maximumLength());
    Perplexity perplexity;
    try {
      perplexity = Perplexity.of(model, text, window, 0);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("perplexity", perplexity.perplexity());
    values.put("nll", perplexity.nll());
    values.put("tokens", perplexity.tokens());
    String shown =
        String.format(
            Locale.ROOT,
            "perplexity %.4f  nll %.5f nats  %d tokens",
            perplexity.perplexity(),
            perplexity.nll(),
            perplexity.tokens());
    return new Evaluation(List.of(shown), values);
  }
}
