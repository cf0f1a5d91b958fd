package dev.heed.cli.picture;

import java.util.List;

/// A matrix of weights with a name for each row and column: the attention of one head.
///
/// @param title what it shows, in one line
/// @param rows the name of each row (for attention: the queries, T)
/// @param columns the name of each column (for attention: the keys, S)
/// @param values `[T][S]`, each finite and 0 or more
public record LabelledMatrix(
    String title, List<String> rows, List<String> columns, float[][] values) {
  public LabelledMatrix {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    if (values.length != rows.size()) {
      throw new IllegalArgumentException(
          "expected " + rows.size() + " rows, one a label: received " + values.length);
    }
    for (float[] row : values) {
      if (row.length != columns.size()) {
        throw new IllegalArgumentException(
            "expected " + columns.size() + " columns, one a label: received " + row.length);
      }
      for (float value : row) {
        if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException(
              "expected weights that are finite and 0 or more: received " + value);
        }
      }
    }
  }

  /// The largest value, 0 where there is none: the top of the colour scale.
  public float largest() {
    float largest = 0;
    for (float[] row : values) {
      for (float value : row) {
        largest = Math.max(largest, value);
      }
    }
    return largest;
  }
}
