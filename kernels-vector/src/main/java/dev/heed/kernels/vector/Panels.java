package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;

/// How columns are cut into panels as wide as a [Tile]: as many of [Tile#VECTORS] vectors as there
/// are, then panels of one vector.
final class Panels {
  private static final int WIDE = Tile.VECTORS * COUNT;

  private Panels() {}

  /// The panels of `columns` columns.
  static int of(int columns) {
    int vectors = (columns + COUNT - 1) / COUNT;
    return vectors / Tile.VECTORS + vectors % Tile.VECTORS;
  }

  /// The first column of a panel; of the panel after the last, the columns filled up to vectors.
  static int start(int panel, int columns) {
    int wide = (columns + COUNT - 1) / COUNT / Tile.VECTORS;
    return panel <= wide ? panel * WIDE : wide * WIDE + (panel - wide) * COUNT;
  }

  /// The vectors of a panel: [Tile#VECTORS] or 1.
  static int vectors(int panel, int columns) {
    int wide = (columns + COUNT - 1) / COUNT / Tile.VECTORS;
    return panel < wide ? Tile.VECTORS : 1;
  }
}
