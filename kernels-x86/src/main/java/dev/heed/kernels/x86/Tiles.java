package dev.heed.kernels.x86;

/// Products whose operands lie where [MatmulCode] can read them, on the calling thread.
final class Tiles {
  private final KernelCache kernels;
  private final boolean halves;
  private final int lanes;

  /// @param halves whether the elements of A and B are pairs of bfloat16
  Tiles(KernelCache kernels, boolean halves) {
    this.halves = halves;
    this.kernels = kernels;
    this.lanes = kernels.level().lanes();
  }

  /// The rows of a tile: as many as leave registers for the operands.
  int rows() {
    return kernels.level().isWide() ? 8 : 6;
  }

  /// The vectors in a row of the widest tile.
  int widest() {
    return kernels.level().isWide() ? 3 : 2;
  }

  /// C [rows, width vectors] = A · B, or added to C. Strides are in bytes.
  ///
  /// @param columns how many columns the last vector has
  /// @param aRow between rows of A, or between steps of k where `byColumns`
  /// @param aTile between the A of one tile and that of the tile below
  /// @param ahead how far below the rows of A those are that come later and are brought nearer on
  ///   the way, 0 for none
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
      boolean accumulate,
      long ahead) {
    int tileRows = rows();
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
        .set(MatmulCode.COLUMNS, columns)
        .set(MatmulCode.AHEAD, ahead);
    if (tiles > 0) {
      tile(tileRows, width, byColumns, columns < lanes, ahead != 0).call(arguments.address());
    }
    if (rest > 0) {
      arguments
          .set(MatmulCode.A, a + tiles * aTile)
          .set(MatmulCode.C, c + (long) tiles * tileRows * cRow)
          .set(MatmulCode.TILES, 1);
      tile(rest, width, byColumns, columns < lanes, false).call(arguments.address());
    }
  }

  private Kernel tile(int rows, int width, boolean byColumns, boolean partial, boolean fetches) {
    MatmulCode code = new MatmulCode(rows, width, byColumns, partial, halves, fetches);
    return kernels.get(code, code::emit);
  }
}
