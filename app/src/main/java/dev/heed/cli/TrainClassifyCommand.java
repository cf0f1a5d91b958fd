package dev.heed.cli;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.task.TextClassifierTraining;
import dev.heed.task.TextClassifierTraining.Architecture;
import dev.heed.task.TextClassifierTraining.Settings;
import dev.heed.tensor.Kernels;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
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
  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();

  @Option(
      names = "--group",
      paramLabel = "C",
      description = "a column whose equal values are never split between learned and held out")
  private @Nullable String group;

  @Option(names = "--multi-label", description = "a text may have none, one or several labels: a|b")
  private boolean multiLabel;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "the run's folder, new or empty (default: models/classify in Heed's home)")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "go on with the run in this folder, which was interrupted")
  private @Nullable Path resume;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description = "begin with this encoder, such as minilm, instead of nothing")
  private @Nullable String from;

  @Option(
      names = "--features",
      description = "with --from: leave the encoder as it is and train a head on its features")
  private boolean features;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "how many training steps (default: by the number of texts)")
  private @Nullable Long steps;

  @Option(
      names = "--texts-per-step",
      paramLabel = "N",
      description = "from how many texts a step learns (default: 32)")
  private @Nullable Integer textsPerStep;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description = "the highest one (default: 0.001; 0.00005 for a whole encoder)")
  private @Nullable Double learningRate;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "the most tokens of a text; longer ones are cut (default: ${DEFAULT-VALUE})")
  private int context = 256;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "from nothing: how many tokens (default: ${DEFAULT-VALUE})")
  private int vocabulary = Architecture.small().vocabulary();

  @Option(
      names = "--width",
      paramLabel = "D",
      description = "from nothing: the model width (default: ${DEFAULT-VALUE})")
  private int width = Architecture.small().width();

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "from nothing: blocks (default: ${DEFAULT-VALUE})")
  private int layers = Architecture.small().layers();

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "from nothing: attention heads (default: ${DEFAULT-VALUE})")
  private int heads = Architecture.small().heads();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "from nothing: the share dropped in training (default: ${DEFAULT-VALUE})")
  private double dropout = Architecture.small().dropout();

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      description = "how much of each label is held out (default: ${DEFAULT-VALUE})")
  private double validation = 0.1;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "of the figures: text, json or jsonl (default: text)")
  private Format format = Format.TEXT;

  @Mixin private WatchOption watch = new WatchOption();

  TrainClassifyCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    return resume == null ? begin() : goOn(RunFolder.read(resume, ClassifyRun.TASK));
  }

  private Integer begin() throws IOException {
    check();
    Dataset dataset = ClassifyRun.dataset(data.data(), data.columns(), group, data.skipBadRows());
    LabelledTexts texts = usable(() -> LabelledTexts.of(dataset, multiLabel));
    LabelledTexts.Split split = usable(() -> texts.split(validation, heed.seed()));
    tell(texts);
    ClassifyRun run =
        new ClassifyRun(
            data.data(),
            data.columns(),
            group,
            multiLabel,
            data.skipBadRows(),
            validation,
            from,
            features,
            new Architecture(vocabulary, width, layers, heads, dropout),
            settings(split.learned().examples().size()));
    // What --from names is opened before anything is written.
    Path place = out == null ? SavedModels.folder(heed).resolve(ClassifyRun.TASK) : out;
    TextClassifierTraining training = from == null ? null : pretrained(run, split, place);
    RunFolder folder = RunFolder.begin(place, run.toMap(dataset.sha256()));
    return train(run, folder, training == null ? fromNothing(run, split, place) : training, split);
  }

  private Integer goOn(RunFolder folder) throws IOException {
    ClassifyRun run = ClassifyRun.of(folder);
    Dataset dataset = run.dataset();
    folder.requireSameData(dataset.sha256());
    LabelledTexts.Split split = run.split(dataset);
    TextClassifierTraining training =
        run.from() == null
            ? fromNothing(run, split, folder.path())
            : pretrained(run, split, folder.path());
    return train(run, folder, training, split);
  }

  private void check() {
    if (features && from == null) {
      throw CommandFailure.usage("--features must stand with --from, which names the encoder");
    }
    if ((steps != null && steps < 1) || (textsPerStep != null && textsPerStep < 1) || context < 3) {
      throw CommandFailure.usage(
          "--steps and --texts-per-step must be 1 or more, --context 3 or more: received %s, %s, %d"
              .formatted(steps, textsPerStep, context));
    }
    if (!(validation > 0 && validation < 1)) {
      throw CommandFailure.usage("--validation must be between 0 and 1: received " + validation);
    }
    if (heads < 1 || width < 1 || width % heads != 0 || layers < 1 || vocabulary < 10) {
      throw CommandFailure.usage(
          "--heads must divide --width, --layers be 1 or more, --vocabulary 10 or more:"
              + " received %d, %d, %d, %d".formatted(heads, width, layers, vocabulary));
    }
  }

  private Settings settings(int texts) {
    Settings usual =
        from == null
            ? Settings.fromNothing(texts, heed.seed())
            : features
                ? Settings.features(texts, heed.seed())
                : Settings.fineTuning(texts, heed.seed());
    long count = steps == null ? usual.steps() : steps;
    return new Settings(
        context,
        count,
        textsPerStep == null ? usual.textsPerStep() : textsPerStep,
        learningRate == null ? usual.learningRate() : learningRate,
        Math.max(1, count / 10),
        heed.seed());
  }

  /// What the data is like, before it is learned.
  private void tell(LabelledTexts texts) {
    PrintStream notes = heed.notes();
    if (!texts.faults().isEmpty()) {
      notes.printf(
          Locale.ROOT,
          "%,d rows skipped, the first: %s%n",
          texts.faults().size(),
          texts.faults().getFirst());
    }
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
      ClassifyRun run, LabelledTexts.Split split, Path folder) throws IOException {
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
      ClassifyRun run, LabelledTexts.Split split, Path folder) {
    Path encoder = SavedModels.named(heed, Objects.requireNonNull(run.from()));
    return usable(() ->
        run.features()
            ? TextClassifierTraining.onFeatures(encoder, split.learned(), run.settings(), folder)
            : TextClassifierTraining.from(encoder, split.learned(), run.settings(), folder));
  }

  private Integer train(
      ClassifyRun run, RunFolder folder, TextClassifierTraining training, LabelledTexts.Split split)
      throws IOException {
    PrintStream notes = heed.notes();
    notes.printf(
        Locale.ROOT,
        "Training %,d parameters on %,d texts (%,d held out) with the labels %s, %,d steps of %d"
            + " texts, kernels: %s%n",
        training.parameterCount(),
        split.learned().examples().size(),
        split.heldOut().examples().size(),
        split.learned().labels(),
        run.settings().steps(),
        run.settings().textsPerStep(),
        Kernels.active().name());
    AtomicInteger cut = new AtomicInteger();
    boolean finished;
    try (WatchOption.Page page = watch.open(heed, folder.path())) {
      finished =
          TrainingRun.train(
                  heed,
                  run.settings().steps(),
                  "texts/s",
                  progress -> {
                    var outcome = training.run(split.learned(), split.heldOut(), progress);
                    cut.set(outcome.cut());
                    return outcome.history();
                  },
                  training::stop)
              .finished();
    }
    if (cut.get() > 0) {
      notes.printf(
          Locale.ROOT,
          "%,d of the texts had more than %d tokens and were cut%n",
          cut.get(),
          run.settings().longest());
    }
    if (!finished) {
      notes.printf(
          "Interrupted: the run is saved; `heed train classify --resume %s` goes on%n",
          folder.path());
      return ExitCode.INTERRUPTED.code();
    }
    finish(run, folder, training, split);
    notes.printf("Saved: %s (opens in Hugging Face too)%n", folder.path());
    notes.printf("Type next: heed classify \"…\" --model %s%n", folder.path());
    return ExitCode.DONE.code();
  }

  private void finish(
      ClassifyRun run, RunFolder folder, TextClassifierTraining training, LabelledTexts.Split split)
      throws IOException {
    var report = new ClassificationReport(training.model().evaluate(split.heldOut()));
    training.model().save(folder.path());
    if (report.hasConfusion()) {
      Files.writeString(folder.path().resolve("confusion.svg"), report.confusionSvg());
    }
    Map<String, @Nullable Object> figures = report.values();
    folder.end("Loss, nats a text", run.modelCard(report), figures);
    if (format == Format.TEXT) {
      report.lines().forEach(heed.out()::println);
    } else {
      Json.write(heed.out(), format, json -> Json.value(json, figures));
    }
  }

  private interface Making<T> {
    T make();
  }

  /// What is wrong with data and options together is wrong usage.
  private static <T> T usable(Making<T> making) {
    try {
      return making.make();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
