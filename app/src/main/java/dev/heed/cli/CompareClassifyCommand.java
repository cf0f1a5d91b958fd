package dev.heed.cli;

import dev.heed.data.LabelledTexts;
import dev.heed.model.ConfigFile;
import dev.heed.task.ClassifierComparison;
import dev.heed.task.ClassifierComparison.Estimate;
import dev.heed.task.ClassifierComparison.Method;
import dev.heed.task.ClassifierComparison.Run;
import dev.heed.task.MiniLm;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed compare classify`: classifiers of every age on the same texts, with the same time each.
@Command(
    name = "classify",
    description =
        "Bag of words, TF-IDF, LSTM, GRU, Transformer and transfer on the same texts, in a table.")
final class CompareClassifyCommand implements Callable<Integer> {
  private static final int MOST_HELD_OUT = 1000;

  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "M",
      description = "only these of ${COMPLETION-CANDIDATES}")
  private List<Method> methods = List.of(Method.values());

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "the most tokens of a text; longer ones are cut (default: ${DEFAULT-VALUE})")
  private int context = 256;

  @Mixin private ComparisonOptions options = new ComparisonOptions();

  CompareClassifyCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    options.check();
    if (context < 3) {
      throw CommandFailure.usage("--context must be 3 or more: received " + context);
    }
    LabelledTexts.Split split = split();
    Path encoder = SavedModels.named(heed, heed.model().orElse(MiniLm.NAME));
    ClassifierComparison comparison = new ClassifierComparison(split, encoder);
    Path folder = options.folder(heed, "classify");
    ComparisonLog log = ComparisonLog.open(folder, asked());
    List<Run> runs = new ArrayList<>(log.done().stream().map(CompareClassifyCommand::run).toList());
    PrintStream notes = heed.notes();
    notes.printf(
        Locale.ROOT,
        "%,d texts to learn from, %,d held out, labels %s%n",
        split.learned().examples().size(),
        split.heldOut().examples().size(),
        split.learned().labels());
    Map<Method, Estimate> estimates = estimates(comparison);
    try (Interruption interruption = Interruption.watch()) {
      for (Method method : methods) {
        for (long seed = heed.seed();
            seed < heed.seed() + (method.bySteps() ? options.seeds() : 1);
            seed++) {
          long wanted = seed;
          if (runs.stream().anyMatch(run -> run.method() == method && run.seed() == wanted)) {
            continue;
          }
          Run run = comparison.run(method, withSeed(estimates.get(method), seed));
          runs.add(run);
          log.add(toMap(run));
          notes.printf(
              Locale.ROOT,
              "%s, seed %d: accuracy %.4f after %.0f s%n",
              method,
              seed,
              run.accuracy(),
              run.seconds());
          if (interruption.requested()) {
            notes.println("Interrupted: the same command goes on with what is missing");
            return ExitCode.INTERRUPTED.code();
          }
        }
      }
    }
    ClassificationComparison table = new ClassificationComparison(methods, runs);
    Files.writeString(folder.resolve("README.md"), table.markdown(data.data()));
    Files.writeString(folder.resolve("comparison.svg"), table.svg());
    if (options.format() == Format.TEXT) {
      table.lines().forEach(heed.out()::println);
    } else {
      Json.write(heed.out(), options.format(), json -> Json.value(json, table.values()));
    }
    notes.printf("Table and picture: %s%n", folder);
    return ExitCode.DONE.code();
  }

  private LabelledTexts.Split split() {
    try {
      LabelledTexts.Split split = LabelledTexts.of(data.read()).split(0.1, heed.seed());
      LabelledTexts heldOut =
          options.full() ? split.heldOut() : split.heldOut().sample(MOST_HELD_OUT, heed.seed());
      return new LabelledTexts.Split(split.learned(), heldOut);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  /// What each method takes: found by some steps of each, and told before the first run.
  private Map<Method, Estimate> estimates(ClassifierComparison comparison) {
    long bySteps = methods.stream().filter(Method::bySteps).count();
    double seconds = options.seconds() / Math.max(1, bySteps * options.seeds());
    Map<Method, Estimate> estimates = new EnumMap<>(Method.class);
    double all = 0;
    for (Method method : methods) {
      Estimate estimate = comparison.estimate(method, seconds, context, heed.seed());
      estimates.put(method, estimate);
      int times = method.bySteps() ? options.seeds() : 1;
      all += times * (estimate.secondsLearning() + estimate.secondsLooking());
      heed.notes()
          .printf(
              Locale.ROOT,
              "%s: about %.0f s%s%n",
              method,
              estimate.secondsLearning() + estimate.secondsLooking(),
              times > 1 ? ", " + times + " times" : "");
    }
    heed.notes().printf(Locale.ROOT, "All together about %.0f minutes%n", Math.ceil(all / 60));
    return estimates;
  }

  private static Estimate withSeed(@Nullable Estimate estimate, long seed) {
    if (estimate == null) {
      throw new IllegalStateException("every method was estimated");
    }
    return estimate.withSeed(seed);
  }

  /// All that the figures follow from.
  private Map<String, @Nullable Object> asked() {
    Map<String, @Nullable Object> asked = new LinkedHashMap<>();
    asked.put("heed", Version.heed());
    asked.put("data_sha256", data.read().sha256());
    asked.put("encoder", heed.model().orElse(MiniLm.NAME));
    asked.put("budget", options.budget());
    asked.put("seeds", options.seeds());
    asked.put("seed", heed.seed());
    asked.put("context", context);
    return asked;
  }

  private static Run run(ConfigFile run) {
    return new Run(
        Method.valueOf(run.string("method")),
        run.integer("seed"),
        run.number("accuracy"),
        run.number("f1"),
        run.integer("steps"),
        run.integer("parameters"),
        run.number("seconds"));
  }

  static Map<String, @Nullable Object> toMap(Run run) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("method", run.method().name());
    map.put("seed", run.seed());
    map.put("accuracy", run.accuracy());
    map.put("f1", run.macroF1());
    map.put("steps", run.steps());
    map.put("parameters", run.parameters());
    map.put("seconds", run.seconds());
    return map;
  }
}
