package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import org.jspecify.annotations.Nullable;

/// One query's attention to a run of keys that lie in memory as a cache has them, for some heads
/// that share them: the scores, their exponentials above the largest, and the values gathered with
/// these; what is then left is to join the runs.
///
/// @param keyVectors the width of a key in vectors
/// @param valueVectors the width of a value in vectors
/// @param heads how many heads
record TokenAttentionCode(int keyVectors, int valueVectors, int heads) {
  /// Slots of the argument block. Strides are in bytes.
  static final int Q = 0;

  static final int K = 1;
  static final int K_ROW = 2;
  static final int V = 3;
  static final int V_ROW = 4;

  /// How many keys, 1…[#MOST_KEYS].
  static final int COUNT = 5;

  /// What scores are multiplied by, a float.
  static final int FACTOR = 6;

  /// Room for a row of [#SCORES_ROW] bytes for each head.
  static final int SCORES = 7;

  /// Receives the gathered values, a row for each head without gaps.
  static final int OUT = 8;

  /// Receives the largest score and the sum of the exponentials, for each head.
  static final int STATISTICS = 9;

  static final int MOST_KEYS = 1024;

  /// Not a multiple of a page, so that the rows do not fall into one set of the cache.
  static final int SCORES_ROW = 4 * MOST_KEYS + 64;

  /// The most heads that a kernel takes.
  static int mostHeads(Level level) {
    return level.isWide() ? 4 : 2;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenAttentionCode that
        && keyVectors == that.keyVectors
        && valueVectors == that.valueVectors
        && heads == that.heads;
  }

  @Override
  public int hashCode() {
    return (31 * keyVectors + valueVectors) * 31 + heads;
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Vec[] largest = new Vec[heads];
    for (int h = 0; h < heads; h++) {
      largest[h] = code.constantVec(-Float.MAX_VALUE);
    }
    try (var _ = code.scope()) {
      scores(code, largest);
    }
    for (int h = 0; h < heads; h++) {
      try (var _ = code.scope()) {
        exponentials(code, h, largest[h]);
      }
    }
    code.free((Object[]) largest);
    int block = level.isWide() ? 4 : 2;
    for (int from = 0; from < valueVectors; from += block) {
      try (var _ = code.scope()) {
        gather(code, from, Math.min(block, valueVectors - from));
      }
    }
    return code.finish();
  }

  private void scores(VectorCode code, Vec[] largest) {
    Assembler asm = code.asm;
    Gpr q = code.argument(Q);
    Gpr key = code.argument(K);
    Gpr keyRow = code.argument(K_ROW);
    Gpr value = code.argument(V);
    Gpr valueRow = code.argument(V_ROW);
    Gpr to = code.argument(SCORES);
    Gpr count = code.argument(COUNT);
    Vec factor = code.floatArgument(FACTOR);
    Vec part = code.vec();
    Vec[] sums = new Vec[heads];
    for (int h = 0; h < heads; h++) {
      sums[h] = code.vec();
    }
    code.countDown(
        count,
        () -> {
          FlashRows.prefetch(code, key, keyRow, keyVectors * code.lanes, false);
          // The values are needed soon after: two streams come faster than one.
          for (int i = 0; i < valueVectors * code.bytes; i += 64) {
            asm.prefetch(Address.at(value, i));
          }
          asm.add(value, valueRow);
          for (Vec sum : sums) {
            code.clear(sum);
          }
          for (int i = 0; i < keyVectors; i++) {
            code.load(part, Address.at(key, i * code.bytes));
            for (int h = 0; h < heads; h++) {
              int row = h * keyVectors * code.bytes;
              code.addProduct(sums[h], part, Address.at(q, row + i * code.bytes));
            }
          }
          for (int h = 0; h < heads; h++) {
            code.sumLanes(sums[h]);
            code.mul(sums[h], sums[h], factor);
            code.max(largest[h], largest[h], sums[h]);
            asm.emit(VMOVSS_STORE, Address.at(to, h * SCORES_ROW), sums[h].as(16));
          }
          asm.add(key, keyRow);
          asm.add(to, 4);
        });
  }

  private static void exponentials(VectorCode code, int head, Vec largest) {
    Assembler asm = code.asm;
    Gpr at = code.argument(SCORES);
    Gpr count = code.argument(COUNT);
    asm.add(at, head * SCORES_ROW);
    Vec sum = code.zero();
    Vec x = code.vec();
    code.forVectors(
        count,
        1,
        i -> {
          code.load(x, code.at(at, 0));
          code.sub(x, x, largest);
          code.fillTail(x, -1000); // whose exponential is 0
          Functions.exp(code, x);
          code.add(sum, sum, x);
          code.store(code.at(at, 0), x);
        });
    code.sumLanes(sum);
    asm.mov(at, VectorCode.slot(STATISTICS));
    asm.emit(VMOVSS_STORE, Address.at(at, 8 * head), largest.as(16));
    asm.emit(VMOVSS_STORE, Address.at(at, 8 * head + 4), sum.as(16));
  }

  /// Gathers vectors `from` … of the values.
  private void gather(VectorCode code, int from, int vectors) {
    Assembler asm = code.asm;
    Gpr value = code.argument(V);
    Gpr valueRow = code.argument(V_ROW);
    Gpr weight = code.argument(SCORES);
    Gpr count = code.argument(COUNT);
    Vec[][] sums = new Vec[heads][vectors];
    for (Vec[] row : sums) {
      for (int i = 0; i < vectors; i++) {
        row[i] = code.zero();
      }
    }
    Vec[] parts = new Vec[vectors];
    for (int i = 0; i < vectors; i++) {
      parts[i] = code.vec();
    }
    Vec one = code.vec();
    asm.add(value, from * code.bytes);
    code.countDown(
        count,
        () -> {
          for (int i = 0; i < vectors; i++) {
            code.load(parts[i], Address.at(value, i * code.bytes));
          }
          for (int h = 0; h < heads; h++) {
            code.broadcast(one, Address.at(weight, h * SCORES_ROW));
            for (int i = 0; i < vectors; i++) {
              code.addProduct(sums[h][i], one, parts[i]);
            }
          }
          asm.add(value, valueRow);
          asm.add(weight, 4);
        });
    asm.mov(value, VectorCode.slot(OUT));
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < vectors; i++) {
        int at = (h * valueVectors + from + i) * code.bytes;
        asm.emit(VMOVUPS_STORE, Address.at(value, at), sums[h][i]);
      }
    }
  }
}
