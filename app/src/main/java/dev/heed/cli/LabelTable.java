package dev.heed.cli;

import dev.heed.cli.terminal.Table;
import dev.heed.task.ClassificationFigures.LabelFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The figures of each label for people, for programs and as Markdown.
final class LabelTable {
  private static final int WIDEST = 40;

  private LabelTable() {}

  /// A map a label.
  ///
  /// @param counted what there is a number of, such as `texts`
  static Map<String, Object> values(List<LabelFigures> all, String counted) {
    Map<String, Object> labels = new LinkedHashMap<>();
    for (LabelFigures label : all) {
      Map<String, Object> of = new LinkedHashMap<>();
      of.put("precision", label.precision());
      of.put("recall", label.recall());
      of.put("f1", label.f1());
      of.put(counted, label.support());
      labels.put(label.label(), of);
    }
    return labels;
  }

  /// A line a label, below one of names.
  static List<String> lines(List<LabelFigures> all, String counted) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("label", "precision", "recall", "F1", counted));
    for (LabelFigures label : all) {
      rows.add(
          List.of(
              label.label(),
              String.format(Locale.ROOT, "%9.4f", label.precision()),
              String.format(Locale.ROOT, "%6.4f", label.recall()),
              String.format(Locale.ROOT, "%6.4f", label.f1()),
              String.format(Locale.ROOT, "%,5d", label.support())));
    }
    return Table.lines(rows, WIDEST);
  }

  /// The same as Markdown.
  static String markdown(List<LabelFigures> all, String counted) {
    StringBuilder text =
        new StringBuilder(
            "| label | precision | recall | F1 | %s |%n|---|---|---|---|---|%n".formatted(counted));
    for (LabelFigures label : all) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.4f | %.4f | %.4f | %,d |%n",
              label.label().replace("|", "\\|"),
              label.precision(),
              label.recall(),
              label.f1(),
              label.support()));
    }
    return text.toString();
  }
}
