package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// The layout of one tile of queries in scratch memory, and what forward and backward do alike.
///
/// Scores lie transposed, a row for each key with the queries side by side: maxima and sums of a query
/// are then taken lane by lane, and a row of keys is read where it lies. Query columns beyond the last
/// query repeat it or hold leftovers; no result shows them.
final class FlashTile {
  /// Queries in a tile.
  static final int QUERIES = 64;

  /// Bytes between rows of a tile of scores and of transposed queries.
  static final int ROW = 4 * QUERIES;

  /// What a score of a key that must not be attended to becomes.
  static final int HIDDEN = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  private FlashTile() {}

  /// Bytes of a packed row of `width` floats: whole vectors.
  static int rowBytes(Level level, int width) {
    return 4 * level.lanes() * vectors(level, width);
  }

  static int vectors(Level level, int width) {
    return (width + level.lanes() - 1) / level.lanes();
  }

  /// A register with ones in the lanes of the queries that see a key, or, with AVX-512, in `mask`.
  ///
  /// Query i sees the keys `from(i)` … `from(i) + count(i)` − 1: one unsigned comparison of
  /// key − from with count, made signed by what [#range] adds to both.
  static void visible(
      VectorCode code, Vec chosen, Mask mask, Address key, Address from, Address count) {
    Assembler asm = code.asm;
    asm.emit(VBROADCASTSS, chosen, key);
    asm.emit(VPSUBD, chosen, chosen, from);
    if (code.level.isWide()) {
      asm.emitImmediate(VPCMPD, 1, mask, chosen, count);
    } else {
      try (var _ = code.scope()) {
        Vec counts = code.vec();
        asm.emit(VMOVUPS, counts, count);
        asm.emit(VPCMPGTD, chosen, counts, chosen);
      }
    }
  }

  /// A number of keys as [#visible] compares it.
  static int range(int keys) {
    return keys ^ Integer.MIN_VALUE;
  }

  /// Sets the lanes of `score` that `visible` left out to −∞.
  static void hide(VectorCode code, Vec score, Vec chosen, Mask mask) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec hidden = code.vec();
      if (code.level.isWide()) {
        asm.emit(VBROADCASTSS, hidden, code.pooled(HIDDEN));
        asm.emit(VBLENDMPS, score.under(mask), hidden, score);
      } else {
        asm.emit(VBROADCASTSS, hidden, code.pooled(HIDDEN));
        asm.emit(VBLENDVPS, score, hidden, score, chosen);
      }
    }
  }

  /// Sets the lanes of `weight` that `visible` left out to zero.
  static void zero(VectorCode code, Vec weight, Vec chosen, Mask mask) {
    if (code.level.isWide()) {
      code.asm.emit(VMOVUPS, weight.zeroUnder(mask), weight);
    } else {
      code.and(weight, weight, chosen);
    }
  }
}
