package dev.heed.cli;

import dev.heed.cli.picture.SvgBars;
import dev.heed.cli.picture.SvgLines;
import dev.heed.cli.terminal.Table;
import dev.heed.model.ConfigFile;
import dev.heed.task.ClassifierComparison;
import dev.heed.task.ClassifierComparison.Method;
import dev.heed.task.ClassifierComparison.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The runs of a comparison of classifiers as tables, pictures and figures.
///
/// @param runs may grow
/// @param steps how long a step of each took with some numbers of threads; may grow
record ClassificationComparison(List<Method> methods, List<Run> runs, List<Step> steps) {
  private static final int WIDEST = 40;

  /// How long a training step took.
  record Step(Method method, int threads, double seconds) {}

  /// The runs of a method from one share of the texts.
  private record Row(Method method, List<Run> runs) {
    Spread accuracy() {
      return Spread.of(runs, Run::accuracy);
    }

    Spread f1() {
      return Spread.of(runs, Run::macroF1);
    }

    double seconds() {
      return Spread.of(runs, Run::seconds).mean();
    }

    double secondsAText() {
      return Spread.of(runs, Run::secondsAText).mean();
    }

    List<String> cells() {
      return List.of(
          method.toString(),
          accuracy().percent(),
          f1().percent(),
          String.format(Locale.ROOT, "%,d", runs.getFirst().parameters()),
          String.format(Locale.ROOT, "%.0f s", seconds()),
          String.format(Locale.ROOT, "%.2f ms", 1000 * secondsAText()),
          "× " + runs.getFirst().factor(),
          Integer.toString(runs.size()));
    }
  }

  private static final List<String> HEAD =
      List.of(
          "method",
          "accuracy",
          "macro F1",
          "parameters",
          "learned in",
          "a text",
          "tuned to",
          "runs");

  private List<Row> rows(double share) {
    List<Row> rows = new ArrayList<>();
    for (Method method : methods) {
      List<Run> own =
          runs.stream().filter(run -> run.method() == method && run.share() == share).toList();
      if (!own.isEmpty()) {
        rows.add(new Row(method, own));
      }
    }
    return rows;
  }

  private List<Row> rows() {
    return rows(1);
  }

  private List<List<String>> figures() {
    List<List<String>> cells = new ArrayList<>(List.of(HEAD));
    rows().forEach(row -> cells.add(row.cells()));
    return cells;
  }

  private static List<String> shareNames() {
    return ClassifierComparison.SHARES.stream()
        .map(share -> share == 1 ? "all" : "1/" + Math.round(1 / share))
        .toList();
  }

  /// A method's runs from each share; none where one is still missing.
  private @Nullable List<Row> byShare(Method method) {
    List<Row> all =
        ClassifierComparison.SHARES.stream()
            .flatMap(share -> rows(share).stream().filter(row -> row.method == method))
            .toList();
    return all.size() < ClassifierComparison.SHARES.size() ? null : all;
  }

  private List<List<String>> figuresByShare() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(Stream.concat(Stream.of("accuracy from"), shareNames().stream()).toList());
    for (Method method : methods) {
      List<Row> rows = byShare(method);
      if (rows != null) {
        List<String> line = new ArrayList<>(List.of(method.toString()));
        rows.forEach(row -> line.add(row.accuracy().percent()));
        cells.add(line);
      }
    }
    return cells;
  }

  private List<Integer> threadNumbers() {
    return steps.stream().map(Step::threads).distinct().sorted().toList();
  }

  private List<Step> stepsOf(Method method) {
    return threadNumbers().stream()
        .flatMap(threads ->
            steps.stream().filter(step -> step.method == method && step.threads == threads))
        .toList();
  }

  private List<List<String>> figuresByThreads() {
    List<List<String>> cells = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("a step with threads"));
    threadNumbers().forEach(threads -> head.add(threads.toString()));
    cells.add(head);
    for (Method method : methods) {
      List<Step> own = stepsOf(method);
      if (!own.isEmpty() && own.size() == threadNumbers().size()) {
        List<String> line = new ArrayList<>(List.of(method.toString()));
        own.forEach(step -> line.add(String.format(Locale.ROOT, "%.0f ms", 1000 * step.seconds)));
        cells.add(line);
      }
    }
    return cells;
  }

  /// For people.
  List<String> lines() {
    List<String> lines = new ArrayList<>(Table.lines(figures(), WIDEST));
    lines.add("");
    lines.addAll(Table.lines(figuresByShare(), WIDEST));
    if (!steps.isEmpty()) {
      lines.add("");
      lines.addAll(Table.lines(figuresByThreads(), WIDEST));
    }
    return lines;
  }

  String markdown(Path data) {
    String text =
        """
        # Classifiers on `%s`

        %s
        Mean ± standard deviation of the runs. Each was tuned to a multiple of its usual learning rate or strength.

        ![Accuracy of each](comparison.svg)

        %s
        ![Accuracy by the number of texts learned from](amounts.svg)
        """
            .formatted(
                data.getFileName(), Table.markdown(figures()), Table.markdown(figuresByShare()));
    return steps.isEmpty()
        ? text
        : text
            + "\n"
            + Table.markdown(figuresByThreads())
            + "\n![Time of a step by the number of threads](threads.svg)\n";
  }

  /// The picture of all figures.
  String bars() {
    return SvgBars.of(
        "Accuracy on the held-out texts, mean and standard deviation",
        rows().stream()
            .map(row ->
                new SvgBars.Bar(
                    row.method.toString(),
                    row.accuracy().mean(),
                    row.accuracy().deviation(),
                    row.accuracy().percent()))
            .toList());
  }

  /// The picture of the figures by the amount of data.
  String amounts() {
    List<SvgLines.Line> lines = new ArrayList<>();
    for (Method method : methods) {
      List<Row> rows = byShare(method);
      if (rows != null) {
        lines.add(
            new SvgLines.Line(
                method.toString(), rows.stream().map(row -> 100 * row.accuracy().mean()).toList()));
      }
    }
    return SvgLines.of("Accuracy, %, by the share of the texts learned from", shareNames(), lines);
  }

  /// The picture of the time against the threads.
  String threads() {
    return SvgLines.of(
        "Time of a training step, ms, by the number of threads",
        threadNumbers().stream().map(String::valueOf).toList(),
        methods.stream()
            .filter(method -> !stepsOf(method).isEmpty())
            .map(method ->
                new SvgLines.Line(
                    method.toString(),
                    stepsOf(method).stream().map(step -> 1000 * step.seconds).toList()))
            .toList());
  }

  /// For programs.
  Map<String, @Nullable Object> values() {
    List<Map<String, @Nullable Object>> results = new ArrayList<>();
    for (Row row : rows()) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("method", row.method.name().toLowerCase(Locale.ROOT));
      values.put("accuracy", row.accuracy().mean());
      values.put("accuracy_deviation", row.accuracy().deviation());
      values.put("f1", row.f1().mean());
      values.put("f1_deviation", row.f1().deviation());
      values.put("seconds", row.seconds());
      values.put("seconds_a_text", row.secondsAText());
      values.put("parameters", row.runs.getFirst().parameters());
      values.put(
          "runs",
          runs.stream()
              .filter(run -> run.method() == row.method)
              .map(ClassificationComparison::toMap)
              .toList());
      values.put(
          "steps", stepsOf(row.method).stream().map(ClassificationComparison::toMap).toList());
      results.add(values);
    }
    return Map.of("results", results);
  }

  /// A run as a line of the log.
  static Map<String, @Nullable Object> toMap(Run run) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("method", run.method().name());
    map.put("seed", run.seed());
    map.put("share", run.share());
    map.put("texts", run.texts());
    map.put("factor", run.factor());
    map.put("accuracy", run.accuracy());
    map.put("f1", run.macroF1());
    map.put("steps", run.steps());
    map.put("parameters", run.parameters());
    map.put("seconds", run.seconds());
    map.put("seconds_a_text", run.secondsAText());
    return map;
  }

  /// The run of such a line.
  static Run run(ConfigFile run) {
    return new Run(
        Method.valueOf(run.string("method")),
        run.integer("seed"),
        run.number("share"),
        run.integer("texts"),
        run.number("factor"),
        run.number("accuracy"),
        run.number("f1"),
        run.integer("steps"),
        run.integer("parameters"),
        run.number("seconds"),
        run.number("seconds_a_text"));
  }

  /// A timed step as a line of the log.
  static Map<String, @Nullable Object> toMap(Step step) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("timed", step.method.name());
    map.put("threads", step.threads);
    map.put("seconds_a_step", step.seconds);
    return map;
  }

  /// The step of such a line.
  static Step step(ConfigFile line) {
    return new Step(
        Method.valueOf(line.string("timed")),
        line.integer("threads"),
        line.number("seconds_a_step"));
  }
}
