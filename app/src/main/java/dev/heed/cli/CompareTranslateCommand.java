package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.data.TextPairs;
import dev.heed.model.ConfigFile;
import dev.heed.task.TranslationComparison;
import dev.heed.task.TranslationComparison.Learner;
import dev.heed.task.TranslationComparison.Method;
import dev.heed.task.TranslationComparison.Plan;
import dev.heed.task.TranslationComparison.Run;
import dev.heed.task.TranslationTraining;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed compare translate`: translators of every age on the same pairs, with the same time each.
@Command(
    name = "translate",
    description =
        "Recurrent translators without attention, with Bahdanau's and with Luong's, and the"
            + " Transformer on the same pairs, in a table.")
final class CompareTranslateCommand implements Callable<Integer> {
  private static final double HELD_OUT = 0.1;
  private static final int MOST_HELD_OUT = 1000;
  private static final int LEAST_VOCABULARY = 259;

  private final HeedCommand heed;

  @Mixin private PairFiles files = new PairFiles();

  @Mixin private ComparisonOptions options = new ComparisonOptions();

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "M",
      description = "only these of ${COMPLETION-CANDIDATES}")
  private List<Method> methods = List.of(Method.values());

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "how many tokens both languages share (default: ${DEFAULT-VALUE})")
  private int vocabulary = TranslationTraining.VOCABULARY;

  @Option(
      names = "--width",
      paramLabel = "D",
      description =
          "the model width; recurrent states and inner layers are twice as wide (default:"
              + " ${DEFAULT-VALUE})")
  private int width = TranslationTraining.Architecture.SMALL.width();

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "the most tokens of a text; longer pairs are left out (default: ${DEFAULT-VALUE})")
  private int longest = 128;

  CompareTranslateCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    options.check();
    if (longest < 2 || vocabulary < LEAST_VOCABULARY) {
      throw CommandFailure.usage(
          "--max-length must be 2 or more, --vocabulary %d or more: received %d, %d"
              .formatted(LEAST_VOCABULARY, longest, vocabulary));
    }
    int heads = TranslationTraining.Architecture.SMALL.heads();
    if (width < heads || width % heads != 0) {
      throw CommandFailure.usage(
          "--width must be a multiple of %d: received %d".formatted(heads, width));
    }
    TextPairs pairs = files.read();
    TextPairs.Split split = pairs.split(HELD_OUT, MOST_HELD_OUT, heed.seed());
    if (split.learned().isEmpty()) {
      throw CommandFailure.usage(
          "expected pairs to learn from beside those held out: received " + pairs.pairs().size());
    }
    TranslationComparison comparison =
        TrainingRun.usable(() -> new TranslationComparison(split, vocabulary, width, longest));
    Path folder = options.folder(heed, "translate");
    ComparisonLog log = ComparisonLog.open(folder, asked(pairs));
    heed.notes()
        .printf(
            Locale.ROOT,
            "%,d pairs to learn from, %,d held out, kernels: %s%n",
            comparison.learned(),
            comparison.lengths().stream().mapToInt(TranslationComparison.Length::pairs).sum(),
            Kernels.active().name());
    TranslationTable table = new TranslationTable(methods, comparison.lengths(), runs(log));
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
      TranslationComparison comparison, ComparisonLog log, Path folder, TranslationTable table)
      throws IOException {
    Map<Method, Plan> plans = new LinkedHashMap<>();
    Map<Method, Plan> known = planned(log);
    try (Interruption interruption = Interruption.watch()) {
      double all = 0;
      for (Method method : methods) {
        if (interruption.requested()) {
          return false;
        }
        int missing = missing(method, table.runs()).size();
        if (missing > 0) {
          Plan plan = known.get(method);
          if (plan == null) {
            plan = comparison.plan(method, secondsARun());
            log.add(toMap(plan));
          }
          plans.put(method, plan);
          long untried =
              TranslationComparison.RATES.stream()
                  .filter(rate -> log.tried(method, rate).isEmpty())
                  .count();
          all += missing * plan.seconds();
          all += untried * plan.secondsTuning() / TranslationComparison.RATES.size();
          heed.notes()
              .printf(
                  Locale.ROOT,
                  "%s: %,d steps, about %.0f s a run, %d %s%n",
                  method,
                  plan.steps(),
                  plan.seconds(),
                  missing,
                  missing == 1 ? "time" : "times");
        }
      }
      heed.notes().printf(Locale.ROOT, "All together about %.0f minutes%n", Math.ceil(all / 60));
      for (Map.Entry<Method, Plan> each : plans.entrySet()) {
        Method method = each.getKey();
        Plan plan = each.getValue();
        double rate =
            log.best(
                method,
                TranslationComparison.RATES,
                (setting, unfinished) ->
                    tried(comparison, plan, setting, unfinished, interruption));
        if (Double.isNaN(rate)) {
          return false;
        }
        for (long seed : missing(method, table.runs())) {
          String name = method.name().toLowerCase(Locale.ROOT) + "_" + seed;
          Path unfinished = log.unfinished(name);
          heed.notes().printf(Locale.ROOT, "%s, seed %d, learning rate %s%n", method, seed, rate);
          Learner learner = comparison.learner(plan, rate, seed, unfinished);
          if (!learn(learner, interruption)) {
            return false;
          }
          Run run = triedAndSaved(learner, folder.resolve(name));
          table.runs().add(run);
          log.add(TranslationTable.toMap(run));
          log.finished(unfinished);
          write(folder, table); // so that what is done can be read meanwhile
        }
      }
    }
    return true;
  }

  private double secondsARun() {
    return options.seconds()
        / (methods.size() * (options.seeds() + TranslationComparison.TUNING_OF_A_RUN));
  }

  private List<Long> missing(Method method, List<Run> runs) {
    List<Long> missing = new ArrayList<>();
    for (long seed = heed.seed(); seed < heed.seed() + options.seeds(); seed++) {
      long wanted = seed;
      if (runs.stream().noneMatch(run -> run.method() == method && run.seed() == wanted)) {
        missing.add(seed);
      }
    }
    return missing;
  }

  /// −nll of a learning rate on pairs kept back; NaN if it was interrupted.
  private double tried(
      TranslationComparison comparison,
      Plan plan,
      double rate,
      Path unfinished,
      Interruption interruption) {
    Learner learner = comparison.tuning(plan, rate, unfinished);
    heed.notes().printf(Locale.ROOT, "%s, learning rate %s%n", plan.method(), rate);
    if (!learn(learner, interruption)) {
      return Double.NaN;
    }
    double nll = learner.nll();
    heed.notes().printf(Locale.ROOT, "%.4f nats a token on pairs kept back%n", nll);
    return -nll;
  }

  private Run triedAndSaved(Learner learner, Path model) {
    try (ProgressBar bar = heed.progress()) {
      bar.begin("Translating", learner.texts(), "text");
      Run run = learner.tried(done -> bar.update(done, Map.of()));
      bar.end(Map.of());
      heed.notes()
          .printf(
              Locale.ROOT,
              "%s, seed %d: BLEU %.2f after %.0f s%n",
              run.method(),
              run.seed(),
              run.quality().bleu(),
              run.seconds());
      learner.translator().save(model);
      heed.notes().printf("Type next: heed translate \"…\" --model %s%n", model);
      return run;
    }
  }

  /// @return false if it was interrupted
  private boolean learn(Learner learner, Interruption interruption) {
    return !interruption.requested()
        && TrainingRun.train(heed, learner.steps(), "tokens/s", learner::run, learner::stop)
            .finished();
  }

  private void write(Path folder, TranslationTable table) throws IOException {
    String data =
        String.join(
            " and ", files.paths().stream().map(path -> "`" + path.getFileName() + "`").toList());
    Files.writeString(folder.resolve("README.md"), table.markdown(data));
    Files.writeString(folder.resolve("comparison.svg"), table.bars());
    Files.writeString(folder.resolve("lengths.svg"), table.lengthLines());
  }

  /// All that the figures follow from.
  private Map<String, @Nullable Object> asked(TextPairs pairs) {
    Map<String, @Nullable Object> asked = new LinkedHashMap<>();
    asked.put("heed", Version.heed());
    asked.put("data_sha256", PairFiles.digest(pairs));
    asked.put("precision", heed.precision().orElse(Precision.FP32).name());
    asked.put("budget", options.budget());
    asked.put("seeds", options.seeds());
    asked.put("seed", heed.seed());
    asked.put("vocabulary", vocabulary);
    asked.put("width", width);
    asked.put("longest", longest);
    return asked;
  }

  private static Map<String, @Nullable Object> toMap(Plan plan) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("planned", plan.method().name());
    map.put("steps", plan.steps());
    map.put("seconds_a_step", plan.secondsAStep());
    map.put("seconds_looking", plan.secondsLooking());
    return map;
  }

  private static Map<Method, Plan> planned(ComparisonLog log) {
    Map<Method, Plan> planned = new LinkedHashMap<>();
    for (ConfigFile line : log.done()) {
      if (line.value("planned").isPresent()) {
        Method method = Method.valueOf(line.string("planned"));
        planned.put(
            method,
            new Plan(
                method,
                line.integer("steps"),
                line.number("seconds_a_step"),
                line.number("seconds_looking")));
      }
    }
    return planned;
  }

  private static List<Run> runs(ComparisonLog log) {
    List<Run> runs = new ArrayList<>();
    for (ConfigFile line : log.done()) {
      if (line.value("method").isPresent()) {
        runs.add(TranslationTable.run(line));
      }
    }
    return runs;
  }
}
