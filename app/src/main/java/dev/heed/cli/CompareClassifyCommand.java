package dev.heed.cli;

import dev.heed.cli.ClassificationComparison.Step;
import dev.heed.data.LabelledTexts;
import dev.heed.model.ConfigFile;
import dev.heed.task.ClassifierComparison;
import dev.heed.task.ClassifierComparison.Learner;
import dev.heed.task.ClassifierComparison.Method;
import dev.heed.task.ClassifierComparison.Plan;
import dev.heed.task.ClassifierComparison.Run;
import dev.heed.task.MiniLm;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import java.io.IOException;
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

/// `heed compare classify`: classifiers of every age on the same texts, with the same time and the
/// same tuning each.
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
    ClassifierComparison comparison = new ClassifierComparison(split, encoder, context);
    Path folder = options.folder(heed, "classify");
    ComparisonLog log = ComparisonLog.open(folder, asked());
    heed.notes()
        .printf(
            Locale.ROOT,
            "%,d texts to learn from, %,d held out, labels %s%n",
            split.learned().examples().size(),
            split.heldOut().examples().size(),
            split.learned().labels());
    ClassificationComparison table = known(log);
    if (!compare(comparison, log, folder, table)) {
      heed.notes().println("Interrupted: the same command goes on with what is missing");
      return ExitCode.INTERRUPTED.code();
    }
    write(folder, table);
    TrainingRun.print(heed, options.format(), table.lines(), table.values());
    heed.notes().printf("Table and pictures: %s%n", folder);
    return ExitCode.DONE.code();
  }

  /// Trains and tries what is missing, and adds it to `table`.
  ///
  /// @return false if it was interrupted
  private boolean compare(
      ClassifierComparison comparison,
      ComparisonLog log,
      Path folder,
      ClassificationComparison table)
      throws IOException {
    try (Interruption interruption = Interruption.watch()) {
      for (Map.Entry<Method, Plan> each : plans(comparison, table, log).entrySet()) {
        Method method = each.getKey();
        Plan usual = each.getValue();
        double best =
            log.best(
                method,
                ClassifierComparison.FACTORS,
                (factor, unfinished) -> tried(comparison, usual, factor, unfinished, interruption));
        if (Double.isNaN(best)) {
          return false;
        }
        Plan plan = usual.withFactor(best);
        for (Wanted wanted : missing(method, table)) {
          Path unfinished =
              log.unfinished("%s-%s-%d".formatted(method.name(), wanted.share, wanted.seed));
          Learner learner = comparison.learner(plan, wanted.share, wanted.seed, unfinished);
          if (!learn(learner, interruption)) {
            return false;
          }
          Run run = learner.tried();
          table.runs().add(run);
          log.add(ClassificationComparison.toMap(run));
          log.finished(unfinished);
          write(folder, table); // so that what is done can be read meanwhile
          heed.notes()
              .printf(
                  Locale.ROOT,
                  "%s, seed %d, %,d texts: accuracy %.4f after %.0f s%n",
                  method,
                  run.seed(),
                  run.texts(),
                  run.accuracy(),
                  run.seconds());
        }
      }
      return time(comparison, log, table, interruption);
    }
  }

  /// A run to be made.
  private record Wanted(double share, long seed) {}

  private List<Wanted> missing(Method method, ClassificationComparison table) {
    List<Wanted> missing = new ArrayList<>();
    for (double share : ClassifierComparison.SHARES) {
      int count = method.runs(share, options.seeds());
      for (long seed = heed.seed(); seed < heed.seed() + count; seed++) {
        long wanted = seed;
        if (table.runs().stream()
            .noneMatch(
                run -> run.method() == method && run.share() == share && run.seed() == wanted)) {
          missing.add(new Wanted(share, seed));
        }
      }
    }
    return missing;
  }

  /// @return false if it was interrupted
  private boolean learn(Learner learner, Interruption interruption) {
    return !interruption.requested()
        && TrainingRun.train(heed, learner.mostSteps(), "texts/s", learner::run, learner::stop)
            .finished();
  }

  /// How good a factor of the usual setting is on texts kept back; NaN if it was interrupted.
  private double tried(
      ClassifierComparison comparison,
      Plan plan,
      double factor,
      Path unfinished,
      Interruption interruption) {
    Learner learner = comparison.tuning(plan, factor, unfinished);
    if (!learn(learner, interruption)) {
      return Double.NaN;
    }
    double accuracy = learner.accuracy();
    heed.notes()
        .printf(
            Locale.ROOT,
            "%s, %s times the usual %s: accuracy %.4f on texts kept back%n",
            plan.method(),
            factor,
            plan.method().bySteps() ? "learning rate" : "strength",
            accuracy);
    return accuracy;
  }

  /// Times the steps with one thread, two, four, up to all.
  ///
  /// @return false if it was interrupted
  private boolean time(
      ClassifierComparison comparison,
      ComparisonLog log,
      ClassificationComparison table,
      Interruption interruption)
      throws IOException {
    int all = Parallel.threads();
    try {
      for (Method method : methods.stream().filter(Method::isTimed).toList()) {
        for (int threads = 1;
            threads <= all;
            threads = threads < all ? Math.min(2 * threads, all) : all + 1) {
          int wanted = threads;
          if (table.steps().stream()
              .anyMatch(step -> step.method() == method && step.threads() == wanted)) {
            continue;
          }
          if (interruption.requested()) {
            return false;
          }
          Parallel.setThreads(threads);
          Step step = new Step(method, threads, comparison.secondsAStep(method));
          table.steps().add(step);
          log.add(ClassificationComparison.toMap(step));
        }
      }
      return true;
    } finally {
      Parallel.setThreads(all);
    }
  }

  private void write(Path folder, ClassificationComparison table) throws IOException {
    Files.writeString(folder.resolve("README.md"), table.markdown(data.data()));
    Files.writeString(folder.resolve("comparison.svg"), table.bars());
    Files.writeString(folder.resolve("amounts.svg"), table.amounts());
    Files.writeString(folder.resolve("threads.svg"), table.threads());
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

  /// How each method learns of which something is missing: found by some steps of each, and told
  /// before the first run.
  private Map<Method, Plan> plans(
      ClassifierComparison comparison, ClassificationComparison table, ComparisonLog log)
      throws IOException {
    Map<Method, Plan> known = planned(log);
    long bySteps = methods.stream().filter(Method::bySteps).count();
    double aRun =
        options.seconds() / Math.max(1, bySteps * ClassifierComparison.runs(options.seeds()));
    Map<Method, Plan> plans = new EnumMap<>(Method.class);
    double all = 0;
    for (Method method : methods) {
      if (missing(method, table).isEmpty()) {
        continue;
      }
      Plan plan = known.get(method);
      if (plan == null) {
        plan = comparison.plan(method, aRun);
        log.add(toMap(plan));
      }
      plans.put(method, plan);
      double together = plan.secondsTogether(options.seeds());
      all += together;
      heed.notes().printf(Locale.ROOT, "%s: about %.0f s for all its runs%n", method, together);
    }
    heed.notes().printf(Locale.ROOT, "All together about %.0f minutes%n", Math.ceil(all / 60));
    return plans;
  }

  /// All that the figures follow from.
  private Map<String, @Nullable Object> asked() {
    Map<String, @Nullable Object> asked = new LinkedHashMap<>();
    asked.put("heed", Version.heed());
    asked.put("data_sha256", data.read().sha256());
    asked.put("encoder", heed.model().orElse(MiniLm.NAME));
    asked.put("precision", heed.precision().orElse(Precision.FP32).name());
    asked.put("budget", options.budget());
    asked.put("seeds", options.seeds());
    asked.put("seed", heed.seed());
    asked.put("context", context);
    asked.put("shares", ClassifierComparison.SHARES);
    return asked;
  }

  private ClassificationComparison known(ComparisonLog log) {
    List<Run> runs = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (ConfigFile line : log.done()) {
      if (line.value("method").isPresent()) {
        runs.add(ClassificationComparison.run(line));
      } else if (line.value("timed").isPresent()) {
        steps.add(ClassificationComparison.step(line));
      }
    }
    return new ClassificationComparison(methods, runs, steps);
  }

  private static Map<String, @Nullable Object> toMap(Plan plan) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("planned", plan.method().name());
    map.put("texts", plan.texts());
    map.put("steps", plan.steps());
    map.put("seconds_learning", plan.secondsLearning());
    map.put("seconds_looking", plan.secondsLooking());
    return map;
  }

  private static Map<Method, Plan> planned(ComparisonLog log) {
    Map<Method, Plan> planned = new EnumMap<>(Method.class);
    for (ConfigFile line : log.done()) {
      if (line.value("planned").isPresent()) {
        Method method = Method.valueOf(line.string("planned"));
        planned.put(
            method,
            new Plan(
                method,
                line.integer("texts"),
                line.integer("steps"),
                1,
                line.number("seconds_learning"),
                line.number("seconds_looking")));
      }
    }
    return planned;
  }
}
