package dev.heed.cli;

import dev.heed.task.TaggingFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A tagger's figures for people and for programs.
record TaggingReport(TaggingFigures figures) {
  /// For programs: `accuracy`, `f1` and what they are made of.
  Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("accuracy", figures.accuracy());
    values.put("f1", figures.f1());
    values.put("precision", figures.precision());
    values.put("recall", figures.recall());
    values.put("sentences", figures.sentences());
    values.put("tokens", figures.words());
    values.put("labels", LabelTable.values(figures.perKind(), "entities"));
    return values;
  }

  /// One line.
  private String line() {
    return String.format(
        Locale.ROOT,
        "F1 %.4f (precision %.4f, recall %.4f), accuracy %.4f over %,d words of %,d sentences",
        figures.f1(),
        figures.precision(),
        figures.recall(),
        figures.accuracy(),
        figures.words(),
        figures.sentences());
  }

  /// For people: that line and a table of what there is to find.
  List<String> lines() {
    List<String> lines = new ArrayList<>(List.of(line()));
    lines.addAll(LabelTable.lines(figures.perKind(), "there"));
    return lines;
  }

  /// The same as Markdown.
  String markdown() {
    return "Held out: "
        + line()
        + ".\n\n"
        + LabelTable.markdown(figures.perKind(), "there").strip();
  }
}
