package dev.heed.cli.terminal;

import dev.heed.cli.picture.LabelledMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A [LabelledMatrix] as lines of a terminal: a coloured cell a value, row labels on the left,
/// column labels written downwards on top.
///
/// A matrix that is wider than the terminal loses its last columns; a line says how many.
public final class HeatMap {
  private static final int MOST_ROW_LABEL = 16;
  private static final int MOST_COLUMN_LABEL = 12;

  private HeatMap() {}

  /// The lines that show `matrix`, none wider than the terminal.
  public static List<String> lines(LabelledMatrix matrix, Terminal terminal) {
    List<String> rowLabels = matrix.rows().stream().map(DisplayWidth::visible).toList();
    List<String> columnLabels =
        matrix.columns().stream()
            .map(label -> DisplayWidth.cut(DisplayWidth.visible(label), MOST_COLUMN_LABEL))
            .toList();
    int widest = rowLabels.stream().mapToInt(DisplayWidth::of).max().orElse(0);
    int labelColumns = Math.min(widest, Math.min(MOST_ROW_LABEL, terminal.columns() / 3));
    int room = terminal.columns() - labelColumns - 1;
    int shown = Math.min(columnLabels.size(), room / 2);

    List<String> lines = new ArrayList<>();
    lines.add(DisplayWidth.cut(DisplayWidth.visible(matrix.title()), terminal.columns()));
    lines.addAll(columnHeads(columnLabels.subList(0, shown), labelColumns));
    float largest = matrix.largest();
    for (int t = 0; t < rowLabels.size(); t++) {
      StringBuilder line = new StringBuilder();
      line.append(DisplayWidth.right(rowLabels.get(t), labelColumns)).append(' ');
      for (int s = 0; s < shown; s++) {
        double strength = largest == 0 ? 0 : matrix.values()[t][s] / largest;
        line.append(Ramp.cell(strength, 2, terminal.colors()));
      }
      lines.add(line.toString());
    }
    lines.add(scale(largest, labelColumns, terminal));
    int hidden = columnLabels.size() - shown;
    if (hidden > 0) {
      String note = hidden + " more columns do not fit";
      lines.add(DisplayWidth.cut(note, terminal.columns()));
    }
    return lines;
  }

  /// Labels written downwards, their ends on the line above the cells.
  private static List<String> columnHeads(List<String> labels, int indent) {
    List<int[]> letters = labels.stream().map(label -> label.codePoints().toArray()).toList();
    int height = letters.stream().mapToInt(label -> label.length).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (int y = 0; y < height; y++) {
      StringBuilder line = new StringBuilder(" ".repeat(indent + 1));
      for (int[] label : letters) {
        int i = y - (height - label.length);
        String letter = i < 0 ? "" : Character.toString(label[i]);
        // A combining mark alone has no width; the cell must keep its two columns.
        line.append(DisplayWidth.left(letter, 2));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String scale(float largest, int indent, Terminal terminal) {
    StringBuilder line = new StringBuilder(" ".repeat(indent + 1)).append("0 ");
    int steps = Math.clamp(terminal.columns() - indent - 10L, 1, 10);
    for (int i = 0; i < steps; i++) {
      line.append(Ramp.cell((i + 0.5) / steps, 1, terminal.colors()));
    }
    return line.append(String.format(Locale.ROOT, " %.2f", largest)).toString();
  }
}
