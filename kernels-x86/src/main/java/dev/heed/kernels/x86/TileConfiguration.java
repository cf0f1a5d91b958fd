package dev.heed.kernels.x86;

/// The shapes of the eight tiles of [TileCode] and [IntegerTileCode], as `ldtilecfg` reads them: 2
/// × 2 of sums, 2 of A above each other, 2 of B side by side.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, LDTILECFG.
final class TileConfiguration {
  private static final int PALETTE = 1;

  private TileConfiguration() {}

  /// Writes the shapes for `rows` (1…32) rows and `columns` (1…32) columns of C to eight slots from
  /// `slot` on.
  ///
  /// @param depth bytes in a row of A; a row of B takes four of them
  static void set(Arguments arguments, int slot, int rows, int columns, int depth) {
    int above = Math.min(16, rows);
    int below = Math.max(1, rows - 16);
    int left = 4 * Math.min(16, columns);
    int right = 4 * Math.max(1, columns - 16);
    arguments
        .set(slot, PALETTE)
        .set(slot + 1, 0)
        .set(slot + 2, shorts(left, right, left, right)) // bytes in a row of the sums
        .set(slot + 3, shorts(depth, depth, left, right)) // of A and B
        .set(slot + 4, 0)
        .set(slot + 5, 0)
        .set(
            slot + 6, bytes(above, above, below, below, above, below, depth / 4, depth / 4)) // rows
        .set(slot + 7, 0);
  }

  private static long shorts(int... values) {
    long all = 0;
    for (int i = 0; i < values.length; i++) {
      all |= (long) values[i] << 16 * i;
    }
    return all;
  }

  private static long bytes(int... values) {
    long all = 0;
    for (int i = 0; i < values.length; i++) {
      all |= (long) values[i] << 8 * i;
    }
    return all;
  }
}
