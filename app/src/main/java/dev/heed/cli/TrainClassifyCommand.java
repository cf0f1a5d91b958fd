package dev.heed.cli;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.task.EncoderArchitecture;
import dev.heed.task.TextClassifierTraining;
import dev.heed.task.TextTrainingSettings;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed train classify`: a classifier of texts on a user's data, from nothing or from a pretrained
/// encoder.
@Command(
    name = "classify",
    description =
        "Trains a model that says which label a text has, from nothing or --from an encoder.")
final class TrainClassifyCommand implements Callable<Integer> {
  static final String TASK = "classify";
  private static final String GROUP = "group";
  private static final String MULTI_LABEL = "multi-label";
  private static final String FEATURES = "features";

  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();

  @Option(
      names = "--" + GROUP,
      paramLabel = "C",
      description = "a column whose equal values are never split between learned and held out")
  private @Nullable String group;

  @Option(
      names = "--" + MULTI_LABEL,
      description = "a text may have none, one or several labels: a|b")
  private boolean multiLabel;

  @Option(
      names = "--" + FEATURES,
      description = "with --from: leave the encoder as it is and train a head on its features")
  private boolean features;

  @Mixin private EncoderTrainingOptions training = new EncoderTrainingOptions();
  @Mixin private AdaptationOptions adaptation = new AdaptationOptions();
  @Mixin private EncoderArchitectureOptions architecture = new EncoderArchitectureOptions();

  TrainClassifyCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    RunFolder folder = training.resumed(TASK);
    return folder == null ? begin() : goOn(folder);
  }

  private Integer begin() throws IOException {
    training.check();
    EncoderArchitecture looks = architecture.architecture();
    if (features && training.from() == null) {
      throw CommandFailure.usage("--features must stand with --from, which names the encoder");
    }
    if (features && !adaptation.isWhole()) {
      throw CommandFailure.usage("--features cannot stand with --lora or --freeze");
    }
    adaptation.check(training.from());
    Map<String, String> options = new LinkedHashMap<>();
    adaptation.addTo(options);
    if (group != null) {
      options.put(GROUP, group);
    }
    if (multiLabel) {
      options.put(MULTI_LABEL, "");
    }
    if (features) {
      options.put(FEATURES, "");
    }
    Dataset dataset = group == null ? data.read() : data.read().groupedBy(group);
    LabelledTexts texts = TrainingRun.usable(() -> LabelledTexts.of(dataset, multiLabel));
    LabelledTexts.Split split =
        TrainingRun.usable(() -> texts.split(training.validation(), heed.seed()));
    tell(texts);
    int count = split.learned().examples().size();
    EncoderRun run = EncoderRun.asked(TASK, data, training, looks, options, usual(count));
    // What --from names is opened before anything is written.
    Path place = training.place(heed, TASK);
    TextClassifierTraining begun = run.from() == null ? null : pretrained(run, split, place);
    RunFolder folder = RunFolder.begin(place, run.toMap(dataset.sha256()));
    return train(run, folder, begun == null ? fromNothing(run, split, place) : begun, split);
  }

  private TextTrainingSettings usual(int texts) {
    return training.from() == null
        ? TextTrainingSettings.fromNothing(texts, heed.seed())
        : features
            ? TextTrainingSettings.features(texts, heed.seed())
            : adaptation.isLora()
                ? TextTrainingSettings.lowRank(texts, heed.seed())
                : TextTrainingSettings.fineTuning(texts, heed.seed());
  }

  private Integer goOn(RunFolder folder) throws IOException {
    EncoderRun run = EncoderRun.of(folder);
    Dataset read = DatasetOptions.read(run.data(), run.columns(), run.skipBadRows());
    Dataset dataset = run.has(GROUP) ? read.groupedBy(run.options().getOrDefault(GROUP, "")) : read;
    folder.requireSameData(dataset.sha256());
    LabelledTexts.Split split =
        LabelledTexts.of(dataset, run.has(MULTI_LABEL))
            .split(run.validation(), run.settings().seed());
    TextClassifierTraining begun =
        run.from() == null
            ? fromNothing(run, split, folder.path())
            : pretrained(run, split, folder.path());
    return train(run, folder, begun, split);
  }

  /// What the data is like, before it is learned.
  private void tell(LabelledTexts texts) {
    PrintStream notes = heed.notes();
    TrainingRun.tellSkipped(heed, texts.faults());
    LabelledTexts.Duplicates duplicates = texts.duplicates();
    if (duplicates.repeated() > 0) {
      notes.printf(
          Locale.ROOT,
          "%,d rows repeat an earlier text, %,d of them with another label%n",
          duplicates.repeated(),
          duplicates.contradicting());
    }
    texts
        .counts()
        .forEach((label, count) -> {
          if (count < 2) {
            notes.printf(
                "label %s has a single text; a first row of names needs --columns%n", label);
          }
        });
  }

  private static TextClassifierTraining fromNothing(
      EncoderRun run, LabelledTexts.Split split, Path folder) throws IOException {
    Tokenizer tokenizer;
    if (Files.exists(folder.resolve("tokenizer.json"))) {
      tokenizer = Tokenizer.load(folder);
    } else {
      tokenizer = TextClassifierTraining.vocabulary(split.learned(), run.architecture());
      tokenizer.save(folder);
    }
    return TextClassifierTraining.ofNewModel(
        run.architecture(), tokenizer, split.learned(), run.settings(), folder);
  }

  private TextClassifierTraining pretrained(
      EncoderRun run, LabelledTexts.Split split, Path folder) {
    Path encoder = SavedModels.named(heed, Objects.requireNonNull(run.from()));
    return TrainingRun.usable(() ->
        run.has(FEATURES)
            ? TextClassifierTraining.onFeatures(encoder, split.learned(), run.settings(), folder)
            : TextClassifierTraining.from(
                encoder,
                AdaptationOptions.of(run.options(), encoder),
                split.learned(),
                run.settings(),
                folder));
  }

  private Integer train(
      EncoderRun run, RunFolder folder, TextClassifierTraining begun, LabelledTexts.Split split)
      throws IOException {
    TrainingRun.tell(
        heed,
        begun.parameterCount(),
        String.format(
            Locale.ROOT,
            "%,d texts (%,d held out) with the labels %s",
            split.learned().examples().size(),
            split.heldOut().examples().size(),
            split.learned().labels()),
        run.settings());
    boolean finished =
        training.train(
            heed,
            folder,
            run.settings(),
            "texts/s",
            progress -> begun.run(split.learned(), split.heldOut(), progress),
            begun::stop);
    if (!finished) {
      return TrainingRun.interrupted(heed, TASK, folder);
    }
    finish(run, folder, begun, split);
    return TrainingRun.saved(heed, folder, "heed classify \"…\"");
  }

  private void finish(
      EncoderRun run, RunFolder folder, TextClassifierTraining begun, LabelledTexts.Split split)
      throws IOException {
    var report = new ClassificationReport(begun.model().evaluate(split.heldOut()));
    begun.model().save(folder.path());
    if (report.hasConfusion()) {
      Files.writeString(folder.path().resolve("confusion.svg"), report.confusionSvg());
    }
    Map<String, @Nullable Object> figures = report.values();
    ModelCard card =
        run.modelCard(
            "text-classification", "A classifier of texts", "each label", report.markdown());
    folder.end("Loss, nats a text", card, figures);
    TrainingRun.print(heed, training.format(), report.lines(), figures);
  }
}
