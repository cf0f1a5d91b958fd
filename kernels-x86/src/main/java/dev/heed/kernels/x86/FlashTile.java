package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

/// The layout of one tile of queries in scratch memory, and what forward and backward do alike.
///
/// Scores lie transposed, a row for each key with the queries side by side: maxima and sums of a
/// query are then taken lane by lane, and a row of keys is read where it lies. Query columns beyond
/// the last query repeat it or hold leftovers; no result shows them.
final class FlashTile {
  /// Queries in a tile.
  static final int QUERIES = 64;

  /// Bytes between rows of a tile of scores and of transposed queries.
  static final int ROW = 4 * QUERIES;

  private static final Mask SEEN = new Mask(4);

  /// What a score of a key that must not be attended to becomes.
  private static final int HIDDEN = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  private FlashTile() {}

  /// Bytes of a packed row of `width` floats: whole vectors.
  static int rowBytes(Level level, int width) {
    return 4 * level.lanes() * vectors(level, width);
  }

  /// Bytes of a packed row of `width` numbers of bfloat16: whole vectors.
  static int halvesRowBytes(int width) {
    return (width + 31) / 32 * 64;
  }

  static int vectors(Level level, int width) {
    return (width + level.lanes() - 1) / level.lanes();
  }

  /// What to do to lanes that are not chosen: those of `chosen`, or, with AVX-512, of `mask`.
  interface Hide {
    void emit(Vec vec, Vec chosen, Mask mask);
  }

  /// Emits `hide` for each vector of a tile of scores.
  ///
  /// Query i sees the keys `from(i)` … `from(i) + count(i)` − 1: one unsigned comparison of key −
  /// from with count, made signed by what [#range] adds to both.
  ///
  /// @param visible the address of two rows of a tile: [#range] of from, and of count
  /// @param numbers the address of the number of the first row's key
  static void forHidden(VectorCode code, Vec[][] tile, Gpr visible, Gpr numbers, Hide hide) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec chosen = code.vec();
      for (int r = 0; r < tile.length; r++) {
        for (int v = 0; v < tile[r].length; v++) {
          Address from = Address.at(visible, v * code.bytes);
          Address count = from.plus(ROW);
          asm.emit(VBROADCASTSS, chosen, Address.at(numbers, 4 * r));
          asm.emit(VPSUBD, chosen, chosen, from);
          if (code.level.isWide()) {
            asm.emitImmediate(VPCMPD, 1, SEEN, chosen, count);
          } else {
            Vec counts = code.load(count);
            asm.emit(VPCMPGTD, chosen, counts, chosen);
            code.free(counts);
          }
          hide.emit(tile[r][v], chosen, SEEN);
        }
      }
    }
  }

  /// A number of keys as [#visible] compares it.
  static int range(int keys) {
    return keys ^ Integer.MIN_VALUE;
  }

  /// Sets the lanes of `score` that were not chosen to −∞.
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

  /// Sets the lanes of `weight` that were not chosen to zero.
  static void zero(VectorCode code, Vec weight, Vec chosen, Mask mask) {
    if (code.level.isWide()) {
      code.asm.emit(VMOVUPS, weight.zeroUnder(mask), weight);
    } else {
      code.and(weight, weight, chosen);
    }
  }
}
