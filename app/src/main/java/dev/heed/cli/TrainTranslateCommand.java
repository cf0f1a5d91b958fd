package dev.heed.cli;

import dev.heed.data.TextPairs;
import dev.heed.model.marian.MarianConfiguration.Family;
import dev.heed.task.TranslationTraining;
import dev.heed.task.Translator;
import dev.heed.tensor.Kernels;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
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

/// `heed train translate`: a translation model on a user's texts and their translations.
@Command(
    name = "translate",
    description =
        "Trains a model that translates, from nothing or --from a model, on texts and their"
            + " translations.")
final class TrainTranslateCommand implements Callable<Integer> {
  /// More would make the trying take long.
  static final int MOST_HELD_OUT = 1000;

  private final HeedCommand heed;

  @Mixin private PairFiles files = new PairFiles();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "the run's folder, new or empty (default: models/translate in Heed's home)")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "go on with the run in this folder, which was interrupted")
  private @Nullable Path resume;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description = "go on with this model instead of beginning from nothing")
  private @Nullable String from;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "how many training steps (default: some 35 passes over the pairs)")
  private long steps;

  @Option(
      names = "--tokens-per-step",
      paramLabel = "N",
      description = "about how many target tokens a step learns from (default: ${DEFAULT-VALUE})")
  private int tokensPerStep = TranslationTraining.TOKENS_PER_STEP;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description = "the highest one (default: 0.002; 0.0001 with --from)")
  private double learningRate;

  @Option(
      names = "--label-smoothing",
      paramLabel = "P",
      description =
          "the share of a target's probability that is spread over all tokens (default:"
              + " ${DEFAULT-VALUE})")
  private double labelSmoothing = TranslationTraining.SMOOTHING;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description =
          "from nothing: how many tokens both languages share (default: ${DEFAULT-VALUE})")
  private int vocabulary = TranslationTraining.VOCABULARY;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description =
          "from nothing: take this tokenizer.json, which has </s> and <pad>, instead of learning"
              + " one")
  private @Nullable Path tokenizer;

  @Option(
      names = "--width",
      paramLabel = "D",
      description = "from nothing: the model width (default: ${DEFAULT-VALUE})")
  private int width = TranslationTraining.Architecture.SMALL.width();

  @Option(
      names = "--layers",
      paramLabel = "N",
      description =
          "from nothing: blocks of the encoder, and of the decoder (default:"
              + " ${DEFAULT-VALUE})")
  private int layers = TranslationTraining.Architecture.SMALL.layers();

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "from nothing: attention heads (default: ${DEFAULT-VALUE})")
  private int heads = TranslationTraining.Architecture.SMALL.heads();

  @Option(
      names = "--key-width",
      paramLabel = "N",
      description =
          "from nothing: the width of a head's queries and keys; another than width / heads makes a"
              + " model that only Heed opens (default: width / heads)")
  private int keyWidth;

  @Option(
      names = "--feed-forward",
      paramLabel = "F",
      description = "from nothing: the inner width of the feed-forward (default: ${DEFAULT-VALUE})")
  private int feedForward = TranslationTraining.Architecture.SMALL.feedForward();

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "the most tokens of a text; longer pairs are left out (default: ${DEFAULT-VALUE})")
  private int longest = TranslationTraining.Architecture.SMALL.longest();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "from nothing: the share dropped in training (default: ${DEFAULT-VALUE})")
  private double dropout = TranslationTraining.Architecture.SMALL.dropout();

  @Option(
      names = "--learned-positions",
      description =
          "from nothing: learn a vector for each position, as BART, instead of the paper's waves")
  private boolean learnedPositions;

  @Option(
      names = "--pre-norm",
      description =
          "from nothing: normalise what a sub-layer takes, as Pegasus, instead of what it gives")
  private boolean preNorm;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      description =
          "the share of the pairs that is held out, at most 1000 (default: ${DEFAULT-VALUE})")
  private double validation = 0.05;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "of the figures: text, json or jsonl (default: text)")
  private Format format = Format.TEXT;

  @Mixin private TrainingOptions options = new TrainingOptions();

  TrainTranslateCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    RunFolder folder = resume == null ? null : RunFolder.read(resume, TranslationRun.TASK);
    if (folder == null) {
      check();
    }
    TextPairs pairs;
    TranslationRun run;
    if (folder == null) {
      pairs = files.read();
      run = asked(pairs);
    } else {
      run = TranslationRun.of(folder);
      pairs = run.pairs();
      folder.requireSameData(PairFiles.digest(pairs));
    }
    TextPairs.Split split = pairs.split(run.validation(), MOST_HELD_OUT, run.settings().seed());
    if (split.learned().isEmpty()) {
      throw CommandFailure.usage(
          "expected pairs to learn from beside those held out: received %d with %d sources"
              .formatted(
                  pairs.pairs().size(),
                  pairs.pairs().stream().map(TextPairs.Pair::source).distinct().count()));
    }
    if (folder == null) {
      folder = run.begin(pairs);
    }
    PrintStream notes = heed.notes();
    if (pairs.skipped() > 0) {
      notes.println("passed over, without text on one side: " + pairs.skipped());
    }
    TranslationTraining training = training(run, split, notes);
    int tooLong = training.tooLong(split.learned());
    if (tooLong == split.learned().size()
        || training.tooLong(split.heldOut()) == split.heldOut().size()) {
      throw CommandFailure.usage(
          "--max-length must leave pairs to learn from and to try: received " + training.longest());
    }
    if (tooLong > 0) {
      notes.printf("left out, longer than %d tokens: %d%n", training.longest(), tooLong);
    }
    notes.printf(
        Locale.ROOT,
        "Training %,d parameters on %,d pairs (%,d held out), %,d steps of about %,d tokens,"
            + " kernels: %s%n",
        training.parameterCount(),
        split.learned().size(),
        split.heldOut().size(),
        run.settings().steps(),
        run.settings().tokensPerStep(),
        Kernels.active().name());
    @Nullable Double before = run.from() == null ? null : training.nll(split.heldOut());
    boolean finished =
        options
            .train(
                heed,
                run.folder(),
                run.settings().steps(),
                "tokens/s",
                progress -> training.run(split.learned(), split.heldOut(), progress),
                training::stop)
            .finished();
    if (!finished) {
      notes.printf(
          "Interrupted: the run is saved; `heed train translate --resume %s` goes on%n",
          run.folder());
      return ExitCode.INTERRUPTED.code();
    }
    finish(run, folder, training, before, split.heldOut());
    notes.printf(
        "Saved: %s%s%n",
        run.folder(),
        run.architecture().family() == Family.HEED ? "" : " (opens in Hugging Face too)");
    notes.printf("Type next: heed translate \"…\" --model %s%n", run.folder());
    return ExitCode.DONE.code();
  }

  private void check() throws IOException {
    if (steps < 0 || tokensPerStep < 1 || longest < 2 || feedForward < 1 || learningRate < 0) {
      throw CommandFailure.usage(
          "--steps must be 0 or more, --tokens-per-step and --feed-forward 1 or more, --max-length"
              + " 2"
              + " or more, --learning-rate 0 or more: received %d, %d, %d, %d, %s"
                  .formatted(steps, tokensPerStep, feedForward, longest, learningRate));
    }
    if (!(validation > 0 && validation < 1)
        || !(dropout >= 0 && dropout < 1)
        || !(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw CommandFailure.usage(
          "--validation must be between 0 and 1, --dropout and --label-smoothing in [0, 1):"
              + " received"
              + " %s, %s, %s".formatted(validation, dropout, labelSmoothing));
    }
    if (keyWidth < 0
        || (keyWidth > 0 ? 1 : 0) + (learnedPositions ? 1 : 0) + (preNorm ? 1 : 0) > 1) {
      throw CommandFailure.usage(
          "at most one of --key-width (1 or more), --learned-positions and --pre-norm may be"
              + " given");
    }
    // Positions are pairs of waves, so the width is even.
    if (heads < 1 || width < 2 || width % heads != 0 || width % 2 != 0 || layers < 1) {
      throw CommandFailure.usage(
          "--width must be even, --heads divide it, --layers be 1 or more: received %d, %d, %d"
              .formatted(width, heads, layers));
    }
    if (tokenizer != null) {
      own(tokenizer);
    }
    if (vocabulary < 259) {
      throw CommandFailure.usage("--vocabulary must be 259 or more: received " + vocabulary);
    }
  }

  /// The run that the options ask for.
  private TranslationRun asked(TextPairs pairs) {
    double usualRate = from == null ? TranslationTraining.LEARNING_RATE : 1e-4;
    double rate = learningRate > 0 ? learningRate : usualRate;
    TranslationTraining.Settings usual =
        TranslationTraining.Settings.of(pairs.pairs().size(), tokensPerStep, rate, heed.seed());
    long chosen = steps > 0 ? steps : usual.steps();
    Family family =
        learnedPositions
            ? Family.BART
            : preNorm ? Family.PEGASUS : keyWidth > 0 ? Family.HEED : Family.MARIAN;
    return new TranslationRun(
        out == null ? SavedModels.folder(heed).resolve(TranslationRun.TASK) : out,
        files.paths(),
        files.dataset().columns(),
        files.dataset().skipBadRows(),
        validation,
        from,
        tokenizer == null ? null : tokenizer.toAbsolutePath(),
        vocabulary,
        new TranslationTraining.Architecture(
            width,
            layers,
            heads,
            feedForward,
            longest,
            dropout,
            keyWidth > 0 ? keyWidth : width / heads,
            family),
        new TranslationTraining.Settings(
            chosen, tokensPerStep, rate, labelSmoothing, Math.max(1, chosen / 10), heed.seed()));
  }

  private TranslationTraining training(TranslationRun run, TextPairs.Split split, PrintStream notes)
      throws IOException {
    String name = run.from();
    return name == null
        ? TranslationTraining.ofNewModel(
            run.architecture(), run.settings(), tokenizer(run, split, notes), run.folder())
        : TranslationTraining.from(
            Translator.load(SavedModels.named(heed, name)), run.settings(), run.folder());
  }

  private static Tokenizer tokenizer(TranslationRun run, TextPairs.Split split, PrintStream notes)
      throws IOException {
    if (Files.exists(run.folder().resolve("tokenizer.json"))) {
      return Tokenizer.load(run.folder());
    }
    Path file = run.tokenizer();
    Tokenizer tokenizer;
    if (file == null) {
      notes.printf(
          Locale.ROOT, "Training a byte-level BPE tokenizer of %,d tokens …%n", run.vocabulary());
      tokenizer = TranslationTraining.tokenizer(split.learned(), run.vocabulary());
    } else {
      tokenizer = own(file);
    }
    tokenizer.save(run.folder());
    return tokenizer;
  }

  private static Tokenizer own(Path file) throws IOException {
    try {
      return TranslationTraining.ending(Tokenizer.load(file));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--tokenizer %s: %s".formatted(file, e.getMessage()));
    }
  }

  private void finish(
      TranslationRun run,
      RunFolder folder,
      TranslationTraining training,
      @Nullable Double before,
      List<TextPairs.Pair> heldOut)
      throws IOException {
    Translator translator = training.translator();
    translator.save(run.folder());
    List<TextPairs.Pair> tried =
        heldOut.stream()
            .filter(pair ->
                translator.encode(pair.source()).length <= translator.model().maximumLength())
            .toList();
    TranslationQuality quality = EvaluateTranslation.of(heed, translator, tried, false);
    Map<String, @Nullable Object> figures = new LinkedHashMap<>(quality.figures());
    if (before != null) {
      figures.put("nll_before", before);
    }
    folder.end("Loss, nats a token", run.modelCard(quality), figures);
    if (format == Format.TEXT) {
      heed.out().println(quality.shown());
      if (before != null) {
        heed.out().printf(Locale.ROOT, "nll before: %.4f%n", before);
      }
    } else {
      Json.write(heed.out(), format, json -> Json.value(json, figures));
    }
  }
}
