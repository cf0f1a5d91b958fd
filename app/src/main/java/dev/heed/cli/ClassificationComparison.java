package dev.heed.cli;

import dev.heed.cli.picture.SvgBars;
import dev.heed.cli.terminal.Table;
import dev.heed.task.ClassifierComparison.Method;
import dev.heed.task.ClassifierComparison.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The runs of a comparison as a table, a picture and figures.
record ClassificationComparison(List<Method> methods, List<Run> runs) {
  private static final int WIDEST = 40;

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

    List<String> cells() {
      return List.of(
          method.toString(),
          accuracy().percent(),
          f1().percent(),
          String.format(Locale.ROOT, "%.0f s", seconds()),
          String.format(Locale.ROOT, "%,d", runs.getFirst().parameters()),
          Integer.toString(runs.size()));
    }
  }

  private static final List<String> HEAD =
      List.of("method", "accuracy", "macro F1", "learned in", "parameters", "runs");

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (Method method : methods) {
      List<Run> own = runs.stream().filter(run -> run.method() == method).toList();
      if (!own.isEmpty()) {
        rows.add(new Row(method, own));
      }
    }
    return rows;
  }

  private List<List<String>> figures() {
    List<List<String>> cells = new ArrayList<>(List.of(HEAD));
    rows().forEach(row -> cells.add(row.cells()));
    return cells;
  }

  /// For people.
  List<String> lines() {
    return Table.lines(figures(), WIDEST);
  }

  String markdown(Path data) {
    return "# Classifiers on `"
        + data.getFileName()
        + "`\n\n"
        + Table.markdown(figures())
        + "\n![Accuracy of each](comparison.svg)\n";
  }

  String svg() {
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
      values.put("parameters", row.runs.getFirst().parameters());
      values.put("runs", row.runs.stream().map(CompareClassifyCommand::toMap).toList());
      results.add(values);
    }
    return Map.of("results", results);
  }
}
