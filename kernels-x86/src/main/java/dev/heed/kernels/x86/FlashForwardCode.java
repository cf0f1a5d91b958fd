package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// One step of fused attention forward: a tile of queries meets a tile of keys.
///
/// Computes the scores Sᵀ = K·Qᵀ, raises each query's maximum, turns the scores into weights P =
/// exp(S − maximum), rescales what the queries have gathered so far, and adds P·V. Scores are kept
/// in units of log 2, so that 2ˣ serves for the exponential.
///
/// Source: Dao et al., "FlashAttention-2", 2023, algorithm 1.
///
/// @param queries the columns computed, a multiple of the lanes up to [FlashTile#QUERIES]
/// @param keyWidth the width of a head's queries and keys
/// @param valueWidth the width of a head's values
/// @param keyRow bytes between rows of keys
/// @param valueRow bytes between rows of values, whole vectors of which may be read
/// @param masked whether some query does not see some key
/// @param biased whether a relative bias is added
/// @param dropout whether weights are dropped
/// @param careful whether a value that a query does not see may be NaN or ∞
/// @param halves whether queries and keys are pairs of bfloat16 along a row, and values pairs of
///   two rows; weights are rounded, too
record FlashForwardCode(
    int queries,
    int keyWidth,
    int valueWidth,
    int keyRow,
    int valueRow,
    boolean masked,
    boolean biased,
    boolean dropout,
    boolean careful,
    boolean halves) {
  /// Slots of the argument block.
  ///
  /// The transposed queries [keyWidth, or pairs of it][QUERIES].
  static final int QUERIES_TRANSPOSED = 0;

  static final int KEYS = 1;
  static final int VALUES = 2;
  static final int KEY_COUNT = 3;

  /// Room for the scores, [keys][QUERIES].
  static final int SCORES = 4;

  /// What the queries have gathered, [queries][valueWidth in whole vectors].
  static final int GATHERED = 5;

  static final int QUERY_COUNT = 6;

  /// Each query's statistics: four rows of a tile, at the offsets below.
  static final int STATISTICS = 7;

  /// Which keys each query sees: two rows, [FlashTile#range] of the first key and of the count.
  static final int VISIBLE = 8;

  /// I32: the number of each key as [#VISIBLE] counts.
  static final int KEY_NUMBERS = 9;

  /// I32: the index of each key in its sequence.
  static final int KEY_INDICES = 10;

  /// The biases of the tile's queries for key index 0, queries ascending, in units of log 2.
  static final int BIAS = 11;

  /// The dropout key of each query, I32.
  static final int ROW_KEYS = 12;

  /// The dropout threshold less 1, I32.
  static final int BOUND = 13;

  /// The scale of the products, times log₂ e.
  static final int FACTOR = 14;

  /// Offsets in the statistics: the maximum of the scores, the sum of the weights, by what the last
  /// step rescaled, and the maximum that includes the current tile.
  static final int MAXIMUM = 0;

  static final int SUM = FlashTile.ROW;
  static final int RESCALE = 2 * FlashTile.ROW;
  static final int NEXT_MAXIMUM = 3 * FlashTile.ROW;

  private static final int COLUMN_STEP = 0x9E3779B9;

  /// The floats of the rows fetched meanwhile, which are of keys or of values.
  private int widest() {
    return Math.max(keyWidth, valueWidth);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FlashForwardCode that
        && queries == that.queries
        && keyWidth == that.keyWidth
        && valueWidth == that.valueWidth
        && keyRow == that.keyRow
        && valueRow == that.valueRow
        && masked == that.masked
        && biased == that.biased
        && dropout == that.dropout
        && careful == that.careful
        && halves == that.halves;
  }

  @Override
  public int hashCode() {
    int hash = queries;
    hash = 31 * hash + keyWidth;
    hash = 31 * hash + valueWidth;
    hash = 31 * hash + keyRow;
    hash = 31 * hash + valueRow;
    hash = 31 * hash + (masked ? 1 : 0);
    hash = 31 * hash + (biased ? 1 : 0);
    hash = 31 * hash + (dropout ? 1 : 0);
    hash = 31 * hash + (careful ? 1 : 0);
    hash = 31 * hash + (halves ? 1 : 0);
    return hash;
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    TileProduct.forPanels(
        code,
        queries / code.lanes,
        (vectors, column) -> {
          scores(code, vectors, column);
          weights(code, vectors, column);
        });
    TileProduct.forPanels(
        code,
        FlashTile.vectors(level, valueWidth),
        (vectors, column) -> gather(code, vectors, column));
    return code.finish();
  }

  /// Stores Sᵀ = K·Qᵀ and raises the maxima.
  private void scores(VectorCode code, int vectors, TileProduct.Column column) {
    Assembler asm = code.asm;
    TileProduct product = new TileProduct(keyRow, 4, FlashTile.ROW, halves, false, widest());
    try (var _ = code.scope()) {
      Gpr keys = code.argument(KEYS);
      Gpr rest = code.argument(KEY_COUNT);
      Gpr numbers = code.argument(masked ? KEY_NUMBERS : SCORES);
      Gpr indices = code.argument(biased ? KEY_INDICES : SCORES);
      Gpr queriesTransposed = column.inArgument(code, QUERIES_TRANSPOSED);
      Gpr to = column.inArgument(code, SCORES);
      Gpr steps = code.gpr();
      asm.mov(steps, halves ? (keyWidth + 1) / 2 : keyWidth);
      TileProduct.forRows(
          code,
          rest,
          product.rows(code.level, vectors),
          rows -> {
            product.emit(
                code,
                rows,
                vectors,
                keys,
                queriesTransposed,
                steps,
                sums -> TileProduct.clear(code, sums),
                sums -> {
                  if (biased) {
                    addBias(code, sums, column, indices, FACTOR, BIAS);
                  }
                  if (masked) {
                    FlashTile.forHidden(
                        code,
                        sums,
                        column.inArgument(code, VISIBLE),
                        numbers,
                        (vec, chosen, mask) -> FlashTile.hide(code, vec, chosen, mask));
                  }
                  storeScores(code, sums, column, to);
                });
            asm.add(keys, rows * keyRow);
            asm.add(to, rows * FlashTile.ROW);
            if (masked) {
              asm.add(numbers, 4 * rows);
            }
            if (biased) {
              asm.add(indices, 4 * rows);
            }
          });
    }
  }

  /// S = factor·S + bias, where `indices` holds the address of the first row's key index.
  static void addBias(
      VectorCode code,
      Vec[][] sums,
      TileProduct.Column column,
      Gpr indices,
      int factorSlot,
      int biasSlot) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Vec factor = code.floatArgument(factorSlot);
      Gpr bias = column.inArgument(code, biasSlot);
      Gpr back = code.gpr();
      for (int r = 0; r < sums.length; r++) {
        asm.movsxd(back, Address.at(indices, 4 * r));
        asm.shl(back, 2);
        asm.neg(back);
        for (int v = 0; v < sums[r].length; v++) {
          code.mulAdd(sums[r][v], factor, Address.at(bias, back, 1, v * code.bytes));
        }
      }
    }
  }

  private static void storeScores(
      VectorCode code, Vec[][] sums, TileProduct.Column column, Gpr to) {
    try (var _ = code.scope()) {
      Gpr statistics = column.inArgument(code, STATISTICS);
      for (int v = 0; v < sums[0].length; v++) {
        Address maximum = Address.at(statistics, NEXT_MAXIMUM + v * code.bytes);
        Vec max = code.load(maximum);
        for (int r = 0; r < sums.length; r++) {
          code.store(Address.at(to, r * FlashTile.ROW + v * code.bytes), sums[r][v]);
          // A score that is NaN leaves the maximum; it shows in the sum of the weights.
          code.max(max, sums[r][v], max);
        }
        code.store(maximum, max);
        code.free(max);
      }
    }
  }

  /// Turns scores into weights, and the old sums into what they are for the new maxima.
  private void weights(VectorCode code, int vectors, TileProduct.Column column) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr statistics = column.inArgument(code, STATISTICS);
      Vec[] maximum = new Vec[vectors];
      Vec[] sum = new Vec[vectors];
      // With a bias the scores are scaled already.
      Vec factor = biased ? code.constantVec(1) : code.floatArgument(FACTOR);
      PowerOfTwo powerOfTwo = new PowerOfTwo(code, true);
      for (int v = 0; v < vectors; v++) {
        int at = v * code.bytes;
        maximum[v] = code.load(Address.at(statistics, NEXT_MAXIMUM + at));
        sum[v] = code.load(Address.at(statistics, MAXIMUM + at));
        code.store(Address.at(statistics, MAXIMUM + at), maximum[v]);
        code.sub(sum[v], sum[v], maximum[v]);
        code.mul(sum[v], sum[v], factor);
        powerOfTwo.apply(sum[v]);
        code.store(Address.at(statistics, RESCALE + at), sum[v]);
        code.mul(sum[v], sum[v], Address.at(statistics, SUM + at));
        code.mul(maximum[v], maximum[v], factor);
      }
      Gpr scores = column.inArgument(code, SCORES);
      Gpr rest = code.argument(KEY_COUNT);
      Gpr indices = code.argument(dropout ? KEY_INDICES : SCORES);
      Gpr rowKeys = dropout ? column.inArgument(code, ROW_KEYS) : indices;
      Gpr to = halves ? column.inArgument(code, SCORES) : scores;
      Vec order = halves ? HalvesCode.order(code) : null;
      // Of one key or, for pairs, of two; the last of an odd number has a partner of zeros.
      IntConsumer step =
          keys -> {
            try (var _ = code.scope()) {
              Vec[] columnHash = new Vec[keys];
              for (int key = 0; key < keys && dropout; key++) {
                columnHash[key] = columnHash(code, Address.at(indices, 4 * key));
              }
              for (int v = 0; v < vectors; v++) {
                try (var _ = code.scope()) {
                  Vec[] weights = new Vec[keys];
                  for (int key = 0; key < keys; key++) {
                    Vec weight =
                        code.load(Address.at(scores, key * FlashTile.ROW + v * code.bytes));
                    weights[key] = weight;
                    asm.emit(VFMSUB213PS, weight, factor, maximum[v]);
                    powerOfTwo.apply(weight);
                    code.add(sum[v], sum[v], weight);
                    if (dropout) {
                      drop(code, weight, columnHash[key], Address.at(rowKeys, v * code.bytes));
                    }
                  }
                  if (order != null) {
                    HalvesCode.pair(code, weights[0], keys > 1 ? weights[1] : code.zero(), order);
                  }
                  code.store(Address.at(to, v * code.bytes), weights[0]);
                }
              }
            }
            asm.add(scores, keys * FlashTile.ROW);
            if (halves) {
              asm.add(to, FlashTile.ROW);
            }
            if (dropout) {
              asm.add(indices, 4 * keys);
            }
          };
      if (halves) {
        asm.shr(rest, 1);
        code.countDown(rest, () -> step.accept(2));
        asm.mov(rest, VectorCode.slot(KEY_COUNT));
        asm.and(rest, 1);
      }
      code.countDown(rest, () -> step.accept(1));
      for (int v = 0; v < vectors; v++) {
        code.store(Address.at(statistics, SUM + v * code.bytes), sum[v]);
      }
    }
  }

  /// A new register with what the key index at `index` adds to a row's dropout key.
  static Vec columnHash(VectorCode code, Address index) {
    Vec hash = code.vec();
    code.broadcast(hash, index);
    code.asm.emit(VPMULLD, hash, hash, code.constantBits(COLUMN_STEP));
    return hash;
  }

  /// Zeroes the weights that dropout takes.
  static void drop(VectorCode code, Vec weight, Vec columnHash, Address rowKeys) {
    try (var _ = code.scope()) {
      Vec counter = code.vec();
      code.asm.emit(VPADDD, counter, columnHash, rowKeys);
      Vec bound = code.floatArgument(BOUND);
      DropoutCode.keep(code, weight, counter, bound);
    }
  }

  /// gathered = rescale·gathered + P·V.
  private void gather(VectorCode code, int vectors, TileProduct.Column column) {
    Assembler asm = code.asm;
    TileProduct product = new TileProduct(4, FlashTile.ROW, valueRow, halves, careful, widest());
    int gatheredRow = FlashTile.rowBytes(code.level, valueWidth);
    try (var _ = code.scope()) {
      Gpr weights = code.argument(SCORES);
      Gpr values = column.inArgument(code, VALUES);
      Gpr gathered = column.inArgument(code, GATHERED);
      Gpr rescale = code.argument(STATISTICS);
      Gpr rest = code.argument(QUERY_COUNT);
      Gpr steps = code.argument(KEY_COUNT);
      if (halves) {
        asm.add(steps, 1);
        asm.shr(steps, 1);
      }
      TileProduct.forRows(
          code,
          rest,
          product.rows(code.level, vectors),
          rows -> {
            product.emit(
                code,
                rows,
                vectors,
                weights,
                values,
                steps,
                sums -> {
                  Vec factor = code.vec();
                  for (int r = 0; r < rows; r++) {
                    code.broadcast(factor, Address.at(rescale, RESCALE + 4 * r));
                    for (int v = 0; v < vectors; v++) {
                      code.mul(
                          sums[r][v],
                          factor,
                          Address.at(gathered, r * gatheredRow + v * code.bytes));
                    }
                  }
                  code.free(factor);
                },
                sums -> {
                  for (int r = 0; r < rows; r++) {
                    for (int v = 0; v < vectors; v++) {
                      code.store(
                          Address.at(gathered, r * gatheredRow + v * code.bytes), sums[r][v]);
                    }
                  }
                });
            asm.add(weights, 4 * rows);
            asm.add(rescale, 4 * rows);
            asm.add(gathered, rows * gatheredRow);
          });
    }
  }
}
