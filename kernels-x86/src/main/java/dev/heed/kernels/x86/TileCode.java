package dev.heed.kernels.x86;

/// The innermost code of a product of bfloat16 on AMX: up to 32 × 32 elements of C in four tiles,
/// 32 steps of k at a time, down the rows of a panel.
///
/// Each turn loads two tiles of A and two of B and multiplies each with each. The slots of the
/// argument block are those of [MatmulCode], where k counts turns; the shapes of the tiles are in
/// the eight slots from [#CONFIGURATION] on.
///
/// @param below whether there are more than 16 rows
/// @param right whether there are more than 16 columns
record TileCode(boolean below, boolean right) {
  static final int CONFIGURATION = 16;

  /// Turns after those that [MatmulCode#K] counts, which fetch all rows of the next sums.
  static final int LATER_TURNS = 12;

  /// In how many turns the next sums are fetched.
  static final int FETCHING_TURNS = 8;

  /// Rows of a tile register, and elements of a row of sums.
  private static final int TILE = 16;

  private static final Tile[] SUMS = {new Tile(0), new Tile(1), new Tile(2), new Tile(3)};
  private static final Tile[] A = {new Tile(4), new Tile(5)};
  private static final Tile[] B = {new Tile(6), new Tile(7)};

  /// What [KernelCache] knows it by.
  String key() {
    return "tiles " + below + right;
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr a = code.argument(MatmulCode.A);
    Gpr aRow = code.argument(MatmulCode.A_ROW);
    Gpr bRow = code.argument(MatmulCode.B_ROW);
    Gpr c = code.argument(MatmulCode.C);
    Gpr cRow = code.argument(MatmulCode.C_ROW);
    Gpr turns = code.argument(MatmulCode.TILES);
    Gpr aAt = code.gpr();
    Gpr aBelow = code.gpr();
    Gpr bAt = code.gpr();
    Gpr cBelow = code.gpr();
    Gpr k = code.gpr();
    Gpr step = code.gpr();
    Gpr next = code.gpr();
    asm.ldtilecfg(VectorCode.slot(CONFIGURATION));
    code.countDown(
        turns,
        () -> {
          asm.mov(aAt, a);
          asm.mov(bAt, VectorCode.slot(MatmulCode.B));
          down(asm, aBelow, a, aRow);
          down(asm, cBelow, c, cRow);
          start(code, c, cBelow, cRow);
          asm.mov(step, bRow);
          asm.shl(step, 4);
          down(asm, next, cBelow, cRow);
          Runnable turn =
              () -> {
                products(asm, aAt, aBelow, aRow, bAt, bRow);
                asm.add(aAt, 64);
                asm.add(aBelow, 64);
                asm.add(bAt, step);
              };
          asm.mov(k, VectorCode.slot(MatmulCode.K));
          code.countDown(
              k,
              () -> {
                prefetchC(asm, next, cRow);
                turn.run();
              });
          asm.mov(k, VectorCode.slot(LATER_TURNS));
          code.countDown(k, turn);
          for (int i = 0; i < SUMS.length; i++) {
            if (used(i)) {
              asm.tilestore(sum(i, c, cBelow, cRow), SUMS[i]);
            }
          }
          asm.add(a, VectorCode.slot(MatmulCode.A_TILE));
          asm.mov(step, cRow);
          asm.shl(step, 5);
          asm.add(c, step);
        });
    asm.tilerelease();
    return code.finish();
  }

  private void products(Assembler asm, Gpr aAt, Gpr aBelow, Gpr aRow, Gpr bAt, Gpr bRow) {
    asm.tileload(B[0], Address.at(bAt, bRow, 1));
    asm.tileload(A[0], Address.at(aAt, aRow, 1));
    asm.tdpbf16ps(SUMS[0], A[0], B[0]);
    if (right) {
      asm.tileload(B[1], Address.at(bAt, bRow, 1, 4 * TILE));
      asm.tdpbf16ps(SUMS[1], A[0], B[1]);
    }
    if (below) {
      asm.tileload(A[1], Address.at(aBelow, aRow, 1));
      asm.tdpbf16ps(SUMS[2], A[1], B[0]);
      if (right) {
        asm.tdpbf16ps(SUMS[3], A[1], B[1]);
      }
    }
  }

  /// Asks for some rows of the sums after these, which storing them would wait for.
  private void prefetchC(Assembler asm, Gpr next, Gpr cRow) {
    for (int row = 0; row < 2 * TILE / FETCHING_TURNS; row++) {
      asm.prefetchToWrite(Address.at(next));
      if (right) {
        asm.prefetchToWrite(Address.at(next, 4 * TILE));
      }
      asm.add(next, cRow);
    }
  }

  /// Sets the sums to what C holds if asked, else to zero.
  private void start(VectorCode code, Gpr c, Gpr cBelow, Gpr cRow) {
    Assembler asm = code.asm;
    Label zero = new Label();
    Label end = new Label();
    Gpr accumulate = code.argument(MatmulCode.ACCUMULATE);
    asm.test(accumulate, accumulate);
    code.free(accumulate);
    asm.jump(Condition.ZERO, zero);
    for (int i = 0; i < SUMS.length; i++) {
      if (used(i)) {
        asm.tileload(SUMS[i], sum(i, c, cBelow, cRow));
      }
    }
    asm.jmp(end);
    asm.bind(zero);
    for (int i = 0; i < SUMS.length; i++) {
      if (used(i)) {
        asm.tilezero(SUMS[i]);
      }
    }
    asm.bind(end);
  }

  private boolean used(int sum) {
    return (below || sum < 2) && (right || sum % 2 == 0);
  }

  private static Address sum(int i, Gpr c, Gpr cBelow, Gpr cRow) {
    return Address.at(i < 2 ? c : cBelow, cRow, 1, i % 2 * 4 * TILE);
  }

  /// `to` = 16 rows below `from`.
  private static void down(Assembler asm, Gpr to, Gpr from, Gpr row) {
    asm.mov(to, row);
    asm.shl(to, 4);
    asm.add(to, from);
  }
}
