package dev.heed.cli;

import dev.heed.cli.picture.LabelledMatrix;
import dev.heed.cli.picture.SvgHeatMap;
import dev.heed.task.ClassificationFigures;
import dev.heed.task.ClassificationFigures.LabelFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A classifier's figures for people, for programs and as a picture.
record ClassificationReport(ClassificationFigures figures) {
  /// For programs: `accuracy`, `f1` and what they are made of.
  Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("accuracy", figures.accuracy());
    values.put("f1", figures.macroF1());
    values.put("micro_f1", figures.microF1());
    if (!Double.isNaN(figures.calibrationError())) {
      values.put("calibration_error", figures.calibrationError());
    }
    values.put("texts", figures.texts());
    values.put("labels", LabelTable.values(figures.perLabel(), "texts"));
    if (hasConfusion()) {
      List<List<Integer>> confusion = new ArrayList<>();
      for (int[] row : figures.confusion()) {
        List<Integer> counts = new ArrayList<>();
        for (int count : row) {
          counts.add(count);
        }
        confusion.add(counts);
      }
      values.put("confusion", confusion);
    }
    return values;
  }

  /// One line.
  String line() {
    String calibration =
        Double.isNaN(figures.calibrationError())
            ? ""
            : String.format(Locale.ROOT, ", calibration error %.4f", figures.calibrationError());
    return String.format(
        Locale.ROOT,
        "accuracy %.4f, macro F1 %.4f%s over %,d texts",
        figures.accuracy(),
        figures.macroF1(),
        calibration,
        figures.texts());
  }

  /// For people: that line and a table of the labels.
  List<String> lines() {
    List<String> lines = new ArrayList<>(List.of(line()));
    lines.addAll(LabelTable.lines(figures.perLabel(), "texts"));
    return lines;
  }

  /// The same as Markdown.
  String markdown() {
    String text =
        "Held out: " + line() + ".\n\n" + LabelTable.markdown(figures.perLabel(), "texts");
    return hasConfusion()
        ? text + "\n![Which labels are taken for which](confusion.svg)"
        : text.strip();
  }

  /// Whether there is a matrix to draw: not where a text may have several labels.
  boolean hasConfusion() {
    return figures.confusion().length > 0;
  }

  /// Which labels are taken for which.
  String confusionSvg() {
    List<String> labels = figures.perLabel().stream().map(LabelFigures::label).toList();
    float[][] shares = new float[labels.size()][labels.size()];
    for (int i = 0; i < shares.length; i++) {
      for (int j = 0; j < shares.length; j++) {
        shares[i][j] =
            (float) figures.confusion()[i][j] / Math.max(1, figures.perLabel().get(i).support());
      }
    }
    return SvgHeatMap.of(
        new LabelledMatrix("Shares of each label (rows) by what is said", labels, labels, shares),
        "Confusion matrix: a row is a true label, a column what the model says. " + line() + ".");
  }
}
