package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.IntegerCode.*;

import dev.heed.tensor.DType;
import dev.heed.tensor.QuantizedLayout;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Products of up to 32 rows of 8-bit activations with one or two panels of 16 rows of [DType#I8],
/// on AMX: the sums of each run of columns, as integers, for [IntegerSumsCode].
///
/// A group of 32 columns is a tile as it lies: of a panel 8 rows of 64 bytes, each four columns of
/// the 16 weight rows; of the activations 16 rows of 32 bytes. The argument block is that of
/// [IntegerCode] with the slots below.
///
/// @param below whether there are more than 16 rows
/// @param right whether there are two panels
record IntegerTileCode(boolean below, boolean right) {
  /// How many rows there are.
  static final int ROWS = 11;

  /// Where the sums go: for each run 32 rows of 32 integers.
  static final int SUMS = 12;

  /// From a group of X to the next, in bytes.
  static final int X_GROUP = 13;

  /// The shapes of the tiles, in eight slots.
  static final int CONFIGURATION = 16;

  static final int MOST_ROWS = 32;

  /// Bytes of a row of sums.
  static final int SUMS_ROW = 128;

  /// Bytes from the sums of a run to those of the next, with a gap so that those of a row do not
  /// fall into one set of the first-level cache.
  static final int SUMS_RUN = (MOST_ROWS + 1) * SUMS_ROW;

  private static final QuantizedLayout LAYOUT = QuantizedLayout.of(DType.I8);
  private static final int TILE_ROWS = 16;
  private static final Tile[] RESULTS = {new Tile(0), new Tile(1), new Tile(2), new Tile(3)};
  private static final Tile[] A = {new Tile(4), new Tile(5)};
  private static final Tile[] B = {new Tile(6), new Tile(7)};

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IntegerTileCode that && below == that.below && right == that.right;
  }

  @Override
  public int hashCode() {
    return (below ? 2 : 0) + (right ? 1 : 0);
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr x = code.argument(X);
    Gpr sums = code.argument(SUMS);
    Gpr[] weights = new Gpr[right ? 2 : 1];
    for (int p = 0; p < weights.length; p++) {
      weights[p] = code.argument(W);
    }
    if (right) {
      asm.add(weights[1], VectorCode.slot(W_PANEL));
    }
    // The bytes of a row of activations; of weights it is twice, of sums four times as many.
    Gpr row = code.gpr();
    asm.mov(row, GROUP_BYTES);
    asm.ldtilecfg(VectorCode.slot(CONFIGURATION));
    code.forRuns(
        GROUPS,
        RUN,
        groups -> {
          forResults(i -> asm.tilezero(RESULTS[i]));
          code.countDown(
              groups,
              () -> {
                products(asm, x, row, weights);
                asm.add(x, VectorCode.slot(X_GROUP));
                for (Gpr panel : weights) {
                  asm.add(panel, LAYOUT.blockBytes());
                }
              });
          forResults(i -> {
            int place = i / 2 * TILE_ROWS * SUMS_ROW + i % 2 * 64;
            asm.tilestore(Address.at(sums, row, SUMS_ROW / GROUP_BYTES, place), RESULTS[i]);
          });
          asm.add(sums, SUMS_RUN);
        });
    asm.tilerelease();
    return code.finish();
  }

  private void products(Assembler asm, Gpr x, Gpr row, Gpr[] weights) {
    for (int i = 0; i < (below ? 2 : 1); i++) {
      asm.tileload(A[i], Address.at(x, row, 1, i * TILE_ROWS * GROUP_BYTES));
    }
    for (int p = 0; p < weights.length; p++) {
      asm.tileload(B[p], Address.at(weights[p], row, 64 / GROUP_BYTES, LAYOUT.headerBytes()));
    }
    forResults(i -> asm.tdpbsud(RESULTS[i], A[i / 2], B[i % 2]));
  }

  private void forResults(IntConsumer body) {
    for (int i = 0; i < RESULTS.length; i++) {
      if ((below || i < 2) && (right || i % 2 == 0)) {
        body.accept(i);
      }
    }
  }
}
