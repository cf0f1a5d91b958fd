package dev.heed.kernels.x86;

/// Products whose operands lie where [MatmulCode] can read them, on the calling thread.
final class Tiles {
  private final KernelCache kernels;
  private final int lanes;

  Tiles(KernelCache kernels) {
    this.kernels = kernels;
    this.lanes = kernels.level().lanes();
  }

  /// The rows of a tile that is `vectors` wide: as many as leave registers for the operands. All
  /// tiles of up to 3 vectors (2 without AVX-512) have the same number.
  int rows(int vectors) {
    return kernels.level().isWide() ? (vectors <= 3 ? 8 : 6) : 6;
  }

  /// The widest tile in vectors.
  int widest() {
    return kernels.level().isWide() ? 4 : 2;
  }

  /// C [rows, width vectors] = A · B, or added to C. Strides are in bytes.
  ///
  /// @param columns how many columns the last vector has
  /// @param aRow between rows of A, or between steps of k where `byColumns`
  /// @param aTile between the A of one tile and that of the tile below
  void multiply(
      Arguments arguments,
      int rows,
      int width,
      int columns,
      int k,
      long a,
      long aRow,
      long aTile,
      boolean byColumns,
      long b,
      long bRow,
      long c,
      long cRow,
      boolean accumulate) {
    int tileRows = rows(width);
    int tiles = rows / tileRows;
    int rest = rows % tileRows;
    arguments
        .set(MatmulCode.A, a)
        .set(MatmulCode.A_ROW, aRow)
        .set(MatmulCode.A_TILE, aTile)
        .set(MatmulCode.B, b)
        .set(MatmulCode.B_ROW, bRow)
        .set(MatmulCode.K, k)
        .set(MatmulCode.C, c)
        .set(MatmulCode.C_ROW, cRow)
        .set(MatmulCode.TILES, tiles)
        .set(MatmulCode.ACCUMULATE, accumulate ? 1 : 0)
        .set(MatmulCode.COLUMNS, columns);
    if (tiles > 0) {
      tile(tileRows, width, byColumns, columns < lanes).call(arguments.address());
    }
    if (rest > 0) {
      arguments
          .set(MatmulCode.A, a + tiles * aTile)
          .set(MatmulCode.C, c + (long) tiles * tileRows * cRow)
          .set(MatmulCode.TILES, 1);
      tile(rest, width, byColumns, columns < lanes).call(arguments.address());
    }
  }

  /// C [m, n] = A · B, or added to C, over as many panels of columns as needed.
  ///
  /// @param byColumns whether A is stored transposed, [k, m]
  void multiply(
      Arguments arguments,
      int m,
      int n,
      int k,
      long a,
      long aRow,
      boolean byColumns,
      long b,
      long bRow,
      long c,
      long cRow,
      boolean accumulate) {
    int vectors = (n + lanes - 1) / lanes;
    int panels = (vectors + widest() - 1) / widest();
    for (int panel = 0; panel < panels; panel++) {
      int first = vectors * panel / panels;
      int width = vectors * (panel + 1) / panels - first;
      int columns = Math.min(lanes, n - (first + width - 1) * lanes);
      long offset = 4L * first * lanes;
      long aTile = rows(width) * (byColumns ? 4 : aRow);
      multiply(
          arguments,
          m,
          width,
          columns,
          k,
          a,
          aRow,
          aTile,
          byColumns,
          b + offset,
          bRow,
          c + offset,
          cRow,
          accumulate);
    }
  }

  private Kernel tile(int rows, int width, boolean byColumns, boolean partial) {
    MatmulCode code = new MatmulCode(rows, width, byColumns, partial);
    return kernels.get(code, code::emit);
  }
}
