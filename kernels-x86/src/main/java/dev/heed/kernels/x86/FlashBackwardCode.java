package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// One step of fused attention backward: a tile of queries meets a tile of keys.
///
/// Recomputes the weights Pᵀ = exp(K·Qᵀ − log-sum-exp), takes their gradients through dPᵀ = V·dOᵀ
/// to the gradients of the scores dS = P∘(dP − delta), and adds dV += Pᵀ·dO, dK += dSᵀ·Q, dQ +=
/// dS·K. delta is Σ out·dO of each query. The scale of the scores is left to who takes the sums.
///
/// Source: Dao et al., "FlashAttention-2", 2023, algorithm 2.
///
/// @param queries the columns computed, a multiple of the lanes up to [FlashTile#QUERIES]
/// @param keyWidth the width of a head's queries and keys
/// @param valueWidth the width of a head's values
/// @param masked whether some query does not see some key
/// @param biased whether a relative bias is added
/// @param dropout whether weights are dropped
/// @param careful whether something that a query does not see may be NaN or ∞
/// @param biasGradient whether the gradient of the bias is wanted
/// @param halves whether the factors are rounded to bfloat16: pairs along the width of a head where
///   that is what a product sums over, else pairs of rows
record FlashBackwardCode(
    int queries,
    int keyWidth,
    int valueWidth,
    boolean masked,
    boolean biased,
    boolean dropout,
    boolean careful,
    boolean biasGradient,
    boolean halves) {
  /// Slots of the argument block. "Packed" rows are whole vectors of the head's width.
  ///
  /// The transposed queries [keyWidth][QUERIES] and dO [valueWidth][QUERIES].
  static final int QUERIES_TRANSPOSED = 0;

  static final int OUT_GRADIENTS_TRANSPOSED = 1;

  /// Keys and values, packed; with halves, pairs along a row.
  static final int KEYS = 2;

  static final int VALUES = 3;
  static final int KEY_COUNT = 4;

  /// Room for the weights and for the gradients of the scores, [keys][QUERIES].
  static final int WEIGHTS = 5;

  static final int SCORE_GRADIENTS = 6;

  /// The queries and dO, packed; with halves, pairs of rows.
  static final int QUERY_ROWS = 7;

  static final int OUT_GRADIENTS = 8;

  /// The gradients of queries, keys and values, packed; added to.
  static final int QUERY_GRADIENTS = 9;

  static final int KEY_GRADIENTS = 10;
  static final int VALUE_GRADIENTS = 11;
  static final int QUERY_COUNT = 12;

  /// Two rows of a tile: the log-sum-exp of each query in units of log 2, +∞ for a query that sees
  /// nothing; and delta.
  static final int STATISTICS = 13;

  /// As in [FlashForwardCode].
  static final int VISIBLE = 14;

  static final int KEY_NUMBERS = 15;
  static final int KEY_INDICES = 16;
  static final int BIAS = 17;
  static final int ROW_KEYS = 18;
  static final int BOUND = 19;
  static final int FACTOR = 20;

  /// What weights that dropout keeps are multiplied by, a float.
  static final int KEPT = 21;

  /// As [#BIAS], the sums of the gradients of the scores.
  static final int BIAS_GRADIENT = 22;

  /// The keys packed once more, where they are not [#KEYS]: pairs of rows.
  static final int KEY_ROWS = 23;

  /// Room for the gradients of the scores in pairs of keys, [pairs][QUERIES], with halves.
  static final int SCORE_GRADIENT_PAIRS = 24;

  /// Offsets in the statistics.
  static final int LOG_SUM_EXP = 0;

  static final int DELTA = FlashTile.ROW;

  /// The floats of the rows fetched meanwhile, which are of keys or of values.
  private int widest() {
    return Math.max(keyWidth, valueWidth);
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    int keyVectors = FlashTile.vectors(level, keyWidth);
    int valueVectors = FlashTile.vectors(level, valueWidth);
    TileProduct.forPanels(
        code, queries / code.lanes, (vectors, column) -> weights(code, vectors, column));
    TileProduct.forPanels(
        code, queries / code.lanes, (vectors, column) -> scoreGradients(code, vectors, column));
    if (dropout) {
      TileProduct.forPanels(
          code, queries / code.lanes, (vectors, column) -> drop(code, vectors, column));
    }
    if (biasGradient) {
      biasGradient(code);
    }
    if (halves) {
      round(code);
    }
    int keyBytes = code.bytes * keyVectors;
    accumulate(
        code,
        product(FlashTile.ROW, 4, code.bytes * valueVectors),
        new int[] {KEY_COUNT, QUERY_COUNT, WEIGHTS, OUT_GRADIENTS, VALUE_GRADIENTS},
        valueVectors);
    accumulate(
        code,
        product(FlashTile.ROW, 4, keyBytes),
        new int[] {KEY_COUNT, QUERY_COUNT, SCORE_GRADIENTS, QUERY_ROWS, KEY_GRADIENTS},
        keyVectors);
    int scoreGradients = halves ? SCORE_GRADIENT_PAIRS : SCORE_GRADIENTS;
    accumulate(
        code,
        product(4, FlashTile.ROW, keyBytes),
        new int[] {
          QUERY_COUNT, KEY_COUNT, scoreGradients, halves ? KEY_ROWS : KEYS, QUERY_GRADIENTS
        },
        keyVectors);
    return code.finish();
  }

  private TileProduct product(int aRow, int aStep, int bRow) {
    return new TileProduct(aRow, aStep, bRow, halves, careful, widest());
  }

  /// Rounds the weights to pairs of queries where they lie, and the gradients of the scores to
  /// these, and to pairs of keys.
  private void round(VectorCode code) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr weights = code.argument(WEIGHTS);
      Gpr gradients = code.argument(SCORE_GRADIENTS);
      Gpr pairs = code.argument(SCORE_GRADIENT_PAIRS);
      Gpr rest = code.argument(KEY_COUNT);
      Vec order = HalvesCode.order(code);
      Vec zero = code.zero();
      IntConsumer step =
          keys -> {
            for (int v = 0; v < queries / code.lanes; v += 2) {
              try (var _ = code.scope()) {
                boolean single = v + 1 == queries / code.lanes;
                for (int key = 0; key < keys; key++) {
                  Vec first = code.load(at(weights, key, v, code));
                  Vec second = single ? zero : code.load(at(weights, key, v + 1, code));
                  storeRounded(code, weights, key, v, first, second);
                }
                Vec[] first = {zero, zero};
                Vec[] second = {zero, zero};
                for (int key = 0; key < keys; key++) {
                  first[key] = code.load(at(gradients, key, v, code));
                  second[key] = single ? zero : code.load(at(gradients, key, v + 1, code));
                  storeRounded(code, gradients, key, v, first[key], second[key]);
                }
                HalvesCode.pair(code, first[0], first[1], order);
                code.store(at(pairs, 0, v, code), first[0]);
                if (!single) {
                  HalvesCode.pair(code, second[0], second[1], order);
                  code.store(at(pairs, 0, v + 1, code), second[0]);
                }
              }
            }
            asm.add(weights, keys * FlashTile.ROW);
            asm.add(gradients, keys * FlashTile.ROW);
            asm.add(pairs, FlashTile.ROW);
          };
      asm.shr(rest, 1);
      code.countDown(rest, () -> step.accept(2));
      asm.mov(rest, VectorCode.slot(KEY_COUNT));
      asm.and(rest, 1);
      code.countDown(rest, () -> step.accept(1));
    }
  }

  private static void storeRounded(
      VectorCode code, Gpr tile, int row, int vector, Vec first, Vec second) {
    Vec rounded = code.vec();
    code.asm.emit(VCVTNE2PS2BF16, rounded, second, first);
    code.store(Address.at(tile, row * FlashTile.ROW + vector * code.bytes / 2), rounded);
    code.free(rounded);
  }

  /// Stores P = 2^(factor·S + bias − log-sum-exp).
  private void weights(VectorCode code, int vectors, TileProduct.Column column) {
    try (var _ = code.scope()) {
      Gpr to = column.inArgument(code, WEIGHTS);
      Gpr numbers = code.argument(KEY_NUMBERS);
      Gpr indices = code.argument(KEY_INDICES);
      forKeys(
          code,
          vectors,
          KEYS,
          keyWidth,
          column.inArgument(code, QUERIES_TRANSPOSED),
          sums -> {
            if (biased) {
              FlashForwardCode.addBias(code, sums, column, indices, FACTOR, BIAS);
            }
            try (var _ = code.scope()) {
              Vec factor = biased ? null : code.floatArgument(FACTOR);
              Gpr statistics = column.inArgument(code, STATISTICS);
              PowerOfTwo powerOfTwo = new PowerOfTwo(code, false);
              for (Vec[] row : sums) {
                for (int v = 0; v < vectors; v++) {
                  Address logSumExp = Address.at(statistics, LOG_SUM_EXP + v * code.bytes);
                  if (factor == null) {
                    code.sub(row[v], row[v], logSumExp);
                  } else {
                    code.asm.emit(VFMSUB213PS, row[v], factor, logSumExp);
                  }
                  powerOfTwo.apply(row[v]);
                }
              }
            }
            zeroHidden(code, sums, column, numbers);
            storeAll(code, sums, to);
          },
          List.of(to),
          List.of(numbers, indices));
    }
  }

  /// Stores dS = P∘(dP − delta); with dropout dP alone, to which [#drop] does the rest.
  private void scoreGradients(VectorCode code, int vectors, TileProduct.Column column) {
    try (var _ = code.scope()) {
      Gpr to = column.inArgument(code, SCORE_GRADIENTS);
      Gpr weights = column.inArgument(code, WEIGHTS);
      Gpr numbers = code.argument(KEY_NUMBERS);
      forKeys(
          code,
          vectors,
          VALUES,
          valueWidth,
          column.inArgument(code, OUT_GRADIENTS_TRANSPOSED),
          sums -> {
            if (!dropout) {
              try (var _ = code.scope()) {
                Gpr statistics = column.inArgument(code, STATISTICS);
                for (int r = 0; r < sums.length; r++) {
                  for (int v = 0; v < vectors; v++) {
                    Vec gradient = sums[r][v];
                    code.sub(gradient, gradient, Address.at(statistics, DELTA + v * code.bytes));
                    code.mul(gradient, gradient, at(weights, r, v, code));
                  }
                }
              }
            }
            zeroHidden(code, sums, column, numbers);
            storeAll(code, sums, to);
          },
          List.of(to, weights),
          List.of(numbers));
    }
  }

  /// Emits A·Bᵀ for a panel of queries, where A are the packed rows of keys or values.
  ///
  /// @param tiles registers that move on by a row of a tile for each key
  /// @param numbers registers that move on by an integer for each key
  private void forKeys(
      VectorCode code,
      int vectors,
      int rowsSlot,
      int width,
      Gpr transposed,
      Consumer<Vec[][]> finish,
      List<Gpr> tiles,
      List<Gpr> numbers) {
    Assembler asm = code.asm;
    int rowBytes = halves ? FlashTile.halvesRowBytes(width) : FlashTile.rowBytes(code.level, width);
    TileProduct product = new TileProduct(rowBytes, 4, FlashTile.ROW, halves, false, widest());
    Gpr from = code.argument(rowsSlot);
    Gpr rest = code.argument(KEY_COUNT);
    Gpr steps = code.gpr();
    asm.mov(steps, halves ? (width + 1) / 2 : width);
    TileProduct.forRows(
        code,
        rest,
        product.rows(code.level, vectors),
        rows -> {
          product.emit(
              code,
              rows,
              vectors,
              from,
              transposed,
              steps,
              sums -> TileProduct.clear(code, sums),
              finish);
          asm.add(from, rows * rowBytes);
          tiles.forEach(gpr -> asm.add(gpr, rows * FlashTile.ROW));
          numbers.forEach(gpr -> asm.add(gpr, rows * 4));
        });
  }

  private void zeroHidden(VectorCode code, Vec[][] sums, TileProduct.Column column, Gpr numbers) {
    if (masked) {
      FlashTile.forHidden(
          code,
          sums,
          column.inArgument(code, VISIBLE),
          numbers,
          (vec, chosen, mask) -> FlashTile.zero(code, vec, chosen, mask));
    }
  }

  private static void storeAll(VectorCode code, Vec[][] sums, Gpr to) {
    for (int r = 0; r < sums.length; r++) {
      for (int v = 0; v < sums[r].length; v++) {
        code.store(at(to, r, v, code), sums[r][v]);
      }
    }
  }

  private static Address at(Gpr tile, int row, int vector, VectorCode code) {
    return Address.at(tile, row * FlashTile.ROW + vector * code.bytes);
  }

  /// Takes dropout's part: P becomes P∘f and dP becomes dS = P∘(dP∘f − delta), where f is 0 for a
  /// weight that was dropped.
  private void drop(VectorCode code, int vectors, TileProduct.Column column) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr weights = column.inArgument(code, WEIGHTS);
      Gpr gradients = column.inArgument(code, SCORE_GRADIENTS);
      Gpr statistics = column.inArgument(code, STATISTICS);
      Gpr rowKeys = column.inArgument(code, ROW_KEYS);
      Gpr numbers = code.argument(KEY_NUMBERS);
      Gpr indices = code.argument(KEY_INDICES);
      Vec bound = code.floatArgument(BOUND);
      Vec kept = code.floatArgument(KEPT);
      Vec[][] gradient = {new Vec[vectors]};
      for (int v = 0; v < vectors; v++) {
        gradient[0][v] = code.vec();
      }
      code.countDown(
          code.argument(KEY_COUNT),
          () -> {
            try (var _ = code.scope()) {
              Vec columnHash = FlashForwardCode.columnHash(code, Address.at(indices));
              Vec counter = code.vec();
              Vec factor = code.vec();
              for (int v = 0; v < vectors; v++) {
                Address weight = at(weights, 0, v, code);
                asm.emit(VPADDD, counter, columnHash, Address.at(rowKeys, v * code.bytes));
                code.move(factor, kept);
                DropoutCode.keep(code, factor, counter, bound);
                code.mul(gradient[0][v], factor, at(gradients, 0, v, code));
                code.sub(
                    gradient[0][v], gradient[0][v], Address.at(statistics, DELTA + v * code.bytes));
                code.mul(gradient[0][v], gradient[0][v], weight);
                code.mul(factor, factor, weight);
                code.store(weight, factor);
              }
            }
            zeroHidden(code, gradient, column, numbers);
            storeAll(code, gradient, gradients);
            asm.add(weights, FlashTile.ROW);
            asm.add(gradients, FlashTile.ROW);
            asm.add(indices, 4);
            asm.add(numbers, 4);
          });
    }
  }

  /// C += A·B, where C's rows are as wide as B's.
  ///
  /// @param slots those with the number of rows, the number of steps, A, B and C
  private void accumulate(VectorCode code, TileProduct product, int[] slots, int rowVectors) {
    Assembler asm = code.asm;
    int rowBytes = product.bRow();
    TileProduct.forPanels(
        code,
        rowVectors,
        (vectors, column) -> {
          try (var _ = code.scope()) {
            Gpr rest = code.argument(slots[0]);
            Gpr steps = code.argument(slots[1]);
            Gpr a = code.argument(slots[2]);
            Gpr b = column.inArgument(code, slots[3]);
            Gpr c = column.inArgument(code, slots[4]);
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
                      a,
                      b,
                      steps,
                      sums -> forAll(code, sums, c, rowBytes, false),
                      sums -> forAll(code, sums, c, rowBytes, true));
                  asm.add(a, rows * product.aRow());
                  asm.add(c, rows * rowBytes);
                });
          }
        });
  }

  private static void forAll(VectorCode code, Vec[][] sums, Gpr rows, int rowBytes, boolean store) {
    for (int r = 0; r < sums.length; r++) {
      for (int v = 0; v < sums[r].length; v++) {
        Address at = Address.at(rows, r * rowBytes + v * code.bytes);
        if (store) {
          code.store(at, sums[r][v]);
        } else {
          code.load(sums[r][v], at);
        }
      }
    }
  }

  /// Adds dS along the distances from query to key.
  private void biasGradient(VectorCode code) {
    Assembler asm = code.asm;
    try (var _ = code.scope()) {
      Gpr gradients = code.argument(SCORE_GRADIENTS);
      Gpr indices = code.argument(KEY_INDICES);
      Gpr to = code.argument(BIAS_GRADIENT);
      Gpr at = code.gpr();
      Vec x = code.vec();
      code.countDown(
          code.argument(KEY_COUNT),
          () -> {
            asm.movsxd(at, Address.at(indices));
            asm.shl(at, 2);
            asm.neg(at);
            asm.add(at, to);
            for (int v = 0; v < queries / code.lanes; v++) {
              Address sum = Address.at(at, v * code.bytes);
              code.load(x, sum);
              code.add(x, x, Address.at(gradients, v * code.bytes));
              code.store(sum, x);
            }
            asm.add(gradients, FlashTile.ROW);
            asm.add(indices, 4);
          });
    }
  }
}
