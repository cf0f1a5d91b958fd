package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.cli.terminal.Table;
import dev.heed.data.StoredTokens;
import dev.heed.task.Adaptation;
import dev.heed.task.LanguageModel;
import dev.heed.task.LanguageModelTraining;
import dev.heed.task.LanguageModelTraining.Foresight;
import dev.heed.task.WordLosses;
import dev.heed.tensor.Kernels;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed train next-word`: a language model on a user's text, from nothing or from a pretrained
/// one.
@Command(
    name = "next-word",
    description =
        "Trains a model that foresees the next word of a text, from nothing or --from a model.")
final class TrainNextWordCommand implements Callable<Integer> {
  private static final int MOST_WORDS = 10;

  /// Characters that take seconds.
  private static final long LONG_TO_TOKENIZE = 10_000_000;

  /// Characters of which a tokenizer is learned: it counts words, all of which are in memory.
  private static final long MOST_FOR_TOKENIZER = 200_000_000;

  private final HeedCommand heed;

  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "FILE",
      description = "text in UTF-8, gzip too")
  private List<Path> data = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "the run's folder, new or empty (default: models/next-word in Heed's home)")
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

  @Mixin private AdaptationOptions adaptation = new AdaptationOptions();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "how many training steps (default: ${DEFAULT-VALUE})")
  private int steps = 1000;

  @Option(
      names = "--tokens-per-step",
      paramLabel = "N",
      description = "about how many tokens a step learns from (default: ${DEFAULT-VALUE})")
  private int tokensPerStep = 4096;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description =
          "the highest one (default: 0.002 from nothing, 0.0001 from a model, 0.0005 with --lora)")
  private double learningRate;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "the most tokens that are seen at once (default: ${DEFAULT-VALUE})")
  private int context = 256;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description =
          "from nothing: how many tokens; 257 makes every byte one (default: ${DEFAULT-VALUE})")
  private int vocabulary = 4096;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description =
          "from nothing: take this tokenizer.json, which adds nothing to texts, instead of learning"
              + " one")
  private @Nullable Path tokenizer;

  @Option(
      names = "--width",
      paramLabel = "D",
      description = "from nothing: the model width (default: ${DEFAULT-VALUE})")
  private int width = 256;

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "from nothing: blocks (default: ${DEFAULT-VALUE})")
  private int layers = 4;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "from nothing: attention heads (default: ${DEFAULT-VALUE})")
  private int heads = 4;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "from nothing: the share dropped in training (default: ${DEFAULT-VALUE})")
  private double dropout = 0.1;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      description = "the end of every file that is held out (default: ${DEFAULT-VALUE})")
  private double validation = 0.1;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "of the figures: text, json or jsonl (default: text)")
  private Format format = Format.TEXT;

  @Mixin private TrainingOptions options = new TrainingOptions();

  TrainNextWordCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    RunFolder folder = resume == null ? null : RunFolder.read(resume, NextWordRun.TASK);
    NextWordRun run = folder == null ? asked() : NextWordRun.of(folder);
    Path own = run.tokenizer();
    if (folder == null && own != null) {
      own(own); // before anything is written
    }
    TextSplit texts = TextSplit.read(run.data(), run.validation());
    // What --from names is opened before anything is written.
    LanguageModelTraining training = run.from() == null ? null : pretrained(run, run.from());
    if (folder == null) {
      folder = run.begin(texts);
    } else {
      folder.requireSameData(texts.digest());
    }
    PrintStream notes = heed.notes();
    if (training == null) {
      training = fromNothing(run, texts, notes);
    }
    notes.printf(
        Locale.ROOT,
        "Training %,d parameters on %,.1f kB of text (%,.1f kB held out), %,d steps of about %,d"
            + " tokens, kernels: %s%n",
        training.parameterCount(),
        texts.learnedBytes() / 1e3,
        texts.heldOutBytes() / 1e3,
        run.steps(),
        run.tokensPerStep(),
        Kernels.active().name());
    Foresight before = run.from() == null ? null : training.evaluate(texts.heldOut());
    WordLosses wordsBefore =
        run.from() == null
            ? null
            : WordLosses.of(training.model(), texts.heldOut(), run.settings().longest());
    LanguageModelTraining begun = training;
    StoredTokens learned = tokens(training, texts);
    StoredTokens heldOut = training.tokens(texts.heldOut().stream().map(List::of).toList());
    boolean finished =
        options
            .train(
                heed,
                run.folder(),
                run.steps(),
                "tokens/s",
                progress -> begun.run(learned, heldOut, progress),
                begun::stop)
            .finished();
    if (!finished) {
      notes.printf(
          "Interrupted: the run is saved; `heed train next-word --resume %s` goes on%n",
          run.folder());
      return ExitCode.INTERRUPTED.code();
    }
    Foresight after = training.evaluate(texts.heldOut());
    List<WordLosses.Gain> gains =
        wordsBefore == null
            ? List.of()
            : WordLosses.of(training.model(), texts.heldOut(), run.settings().longest())
                .gains(wordsBefore, MOST_WORDS);
    finish(run, folder, training, before, after, gains);
    notes.printf("Saved: %s (opens in Hugging Face too)%n", run.folder());
    notes.printf("Type next: heed complete \"…\" --words 5 --model %s%n", run.folder());
    return ExitCode.DONE.code();
  }

  /// The tokens to learn, which a large text takes a while to become.
  private StoredTokens tokens(LanguageModelTraining training, TextSplit texts) {
    long all = texts.learned().stream().mapToLong(TextSplit.Beginning::characters).sum();
    if (all < LONG_TO_TOKENIZE) {
      return training.tokens(texts.learned());
    }
    try (ProgressBar bar = heed.progress()) {
      bar.begin("Tokenizing", all, "character");
      AtomicLong done = new AtomicLong();
      StoredTokens tokens =
          training.tokens(
              texts.learned().stream()
                  .map(text ->
                      (Iterable<String>)
                          () ->
                              StreamSupport.stream(text.spliterator(), false)
                                  .peek(line -> bar.update(done.addAndGet(line.length()), Map.of()))
                                  .iterator())
                  .toList());
      bar.end(all, Map.of());
      return tokens;
    }
  }

  /// The run that the options ask for.
  private NextWordRun asked() {
    if (data.isEmpty()) {
      throw CommandFailure.usage("--data must name a file of text, or --resume a run");
    }
    if (steps < 1 || tokensPerStep < 1 || context < 2) {
      throw CommandFailure.usage(
          "--steps and --tokens-per-step must be 1 or more, --context 2 or more: received %d, %d, %d"
              .formatted(steps, tokensPerStep, context));
    }
    if (!(validation > 0 && validation < 1)) {
      throw CommandFailure.usage("--validation must be between 0 and 1: received " + validation);
    }
    if (heads < 1 || width < 1 || width % heads != 0 || layers < 1 || vocabulary < 257) {
      throw CommandFailure.usage(
          "--heads must divide --width, --layers be 1 or more, --vocabulary 257 or more:"
              + " received %d, %d, %d, %d".formatted(heads, width, layers, vocabulary));
    }
    adaptation.check(from);
    Map<String, String> options = new LinkedHashMap<>();
    adaptation.addTo(options);
    double usual = from == null ? 2e-3 : adaptation.isLora() ? 5e-4 : 1e-4;
    double rate = learningRate > 0 ? learningRate : usual;
    return new NextWordRun(
        out == null ? SavedModels.folder(heed).resolve(NextWordRun.TASK) : out,
        data.stream().map(Path::toAbsolutePath).toList(),
        validation,
        from,
        options,
        new LanguageModelTraining.Architecture(width, layers, heads, context, dropout),
        tokenizer == null ? null : tokenizer.toAbsolutePath(),
        vocabulary,
        new LanguageModelTraining.Settings(
            context, steps, tokensPerStep, rate, Math.max(1, steps / 10), heed.seed()));
  }

  private LanguageModelTraining pretrained(NextWordRun run, String name) {
    Path path = SavedModels.named(heed, name);
    Adaptation how = AdaptationOptions.of(run.adaptation(), path);
    // What stays as it is may stay quantised.
    LanguageModel model =
        how instanceof Adaptation.LowRank
            ? LanguageModel.load(path)
            : LanguageModel.loadExact(path);
    try {
      return LanguageModelTraining.from(model, how, run.settings(), run.folder());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(Objects.requireNonNullElse(e.getMessage(), "wrong model"));
    }
  }

  private LanguageModelTraining fromNothing(NextWordRun run, TextSplit texts, PrintStream notes)
      throws IOException {
    Path own = run.tokenizer();
    Tokenizer tokenizer;
    if (Files.exists(run.folder().resolve("tokenizer.json"))) {
      tokenizer = Tokenizer.load(run.folder());
    } else if (own != null) {
      tokenizer = own(own);
      tokenizer.save(run.folder());
    } else {
      notes.printf(
          Locale.ROOT, "Training a byte-level BPE tokenizer of %,d tokens …%n", run.vocabulary());
      long each = MOST_FOR_TOKENIZER / texts.learned().size();
      Iterable<String> lines =
          () ->
              texts.learned().stream()
                  .map(text -> text.atMost(each))
                  .flatMap(text -> StreamSupport.stream(text.spliterator(), false))
                  .iterator();
      tokenizer = BpeTrainer.of(run.vocabulary()).train(lines);
      tokenizer.save(run.folder());
    }
    return LanguageModelTraining.ofNewModel(
        run.architecture(), run.settings(), tokenizer, run.folder());
  }

  private static Tokenizer own(Path file) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(file);
    if (tokenizer.addedAround(false) > 0) {
      throw CommandFailure.usage(
          "--tokenizer must add nothing to texts: %s adds %s"
              .formatted(file, String.join(" ", tokenizer.encode("").tokens())));
    }
    return tokenizer;
  }

  private void finish(
      NextWordRun run,
      RunFolder folder,
      LanguageModelTraining training,
      @Nullable Foresight before,
      Foresight after,
      List<WordLosses.Gain> gains)
      throws IOException {
    training.model().save(run.folder());
    Map<String, @Nullable Object> figures = new LinkedHashMap<>(figures(after));
    if (before != null) {
      figures.put("before", figures(before));
      figures.put("words", gains.stream().map(TrainNextWordCommand::figures).toList());
    }
    folder.end("Loss, nats a token", run.modelCard(before, after), figures);
    if (format != Format.TEXT) {
      Json.write(heed.out(), format, json -> Json.value(json, figures));
    } else if (before != null) {
      heed.out().println("before: " + shown(before));
      heed.out().println("after:  " + shown(after));
      shown(gains).forEach(heed.out()::println);
    } else {
      heed.out().println(shown(after));
    }
  }

  private static Map<String, Object> figures(Foresight foresight) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("perplexity", foresight.perplexity());
    figures.put("nll", foresight.nll());
    figures.put("bits_per_byte", foresight.bitsPerByte());
    figures.put("tokens", foresight.tokens());
    return figures;
  }

  private static Map<String, Object> figures(WordLosses.Gain gain) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("word", gain.word());
    figures.put("count", gain.count());
    figures.put("nll_before", gain.before());
    figures.put("nll", gain.after());
    return figures;
  }

  /// The words that gained most, a line each.
  private static List<String> shown(List<WordLosses.Gain> gains) {
    if (gains.isEmpty()) {
      return List.of();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("words that gained most", "times", "probability before", "after"));
    for (WordLosses.Gain gain : gains) {
      rows.add(
          List.of(
              gain.word(),
              String.format(Locale.ROOT, "%,5d", gain.count()),
              String.format(Locale.ROOT, "%.3g", Math.exp(-gain.before())),
              String.format(Locale.ROOT, "%.3g", Math.exp(-gain.after()))));
    }
    return Table.lines(rows, 40);
  }

  static String shown(Foresight foresight) {
    return String.format(
        Locale.ROOT,
        "perplexity %.3f, %.4f bits a byte, nll %.4f over %,d held-out tokens",
        foresight.perplexity(),
        foresight.bitsPerByte(),
        foresight.nll(),
        foresight.tokens());
  }
}
