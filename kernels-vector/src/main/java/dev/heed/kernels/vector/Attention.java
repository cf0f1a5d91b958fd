package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.BYTES;
import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;
import static dev.heed.kernels.vector.Lanes.zero;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Attention block by block with a running softmax: the weights of a block of queries and a block
/// of keys exist, those of all never do.
///
/// Keys and values are packed first, once for all the blocks of queries that read them. A task then
/// computes one [QueryBlock] of one head over all its keys.
///
/// Source: Dao et al., "FlashAttention-2: Faster Attention with Better Parallelism and Work
/// Partitioning", 2023, algorithm 1, with queries in lanes.
final class Attention {
  private final AttentionCall call;
  private final AttentionArguments a;
  private final MemorySegment out;
  private final MemorySegment logSumExp;

  /// Where the panels of each sequence's first key/value head begin, in bytes.
  private final long[] panelsAt;

  /// Where each sequence's first bias begins, in bytes.
  private final long[] biasAt;

  /// The number of tasks before each sequence's.
  private final int[] tasks;

  private Attention(AttentionCall call, Tensor out, Tensor logSumExp) {
    this.call = call;
    this.a = call.arguments();
    this.out = out.memory();
    this.logSumExp = logSumExp.memory();
    int sequences = a.queries().count();
    panelsAt = new long[sequences + 1];
    biasAt = new long[sequences + 1];
    tasks = new int[sequences + 1];
    for (int i = 0; i < sequences; i++) {
      int queries = a.queries().length(i);
      panelsAt[i + 1] = panelsAt[i] + a.keyValueHeads() * (keysSize(i) + valuesSize(i));
      tasks[i + 1] = Math.addExact(tasks[i], Math.multiplyExact(a.heads(), Panels.of(queries)));
    }
    biasAt[0] = panelsAt[sequences];
    for (int i = 0; i < sequences; i++) {
      long size = a.relativeBias() == null ? 0 : 4 * biasSize(i) * a.heads();
      biasAt[i + 1] = biasAt[i] + size;
    }
  }

  static void forward(
      Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Tensor out, Tensor logSumExp) {
    new Attention(AttentionCall.of(arguments, q, k, v), out, logSumExp).run();
  }

  private long keysSize(int sequence) {
    return 4L * call.keyWidth() * AttentionCall.roundUp(call.visible()[sequence].length);
  }

  private long valuesSize(int sequence) {
    return 4L * AttentionCall.roundUp(call.valueWidth()) * call.visible()[sequence].length;
  }

  private long biasSize(int sequence) {
    return AttentionCall.biasSize(a.queries().length(sequence), a.keys().length(sequence));
  }

  private void run() {
    int sequences = a.queries().count();
    try (Scratch scratch = Scratch.take(biasAt[sequences] / 4)) {
      MemorySegment panels = scratch.memory();
      int heads = a.keyValueHeads();
      Parallel.run(sequences * heads, task -> pack(panels, task / heads, task % heads));
      Parallel.run(tasks[sequences], task -> compute(panels, task));
    }
  }

  private void pack(MemorySegment panels, int sequence, int keyValueHead) {
    long at = panelsAt[sequence] + keyValueHead * (keysSize(sequence) + valuesSize(sequence));
    call.packRows(call.keys(), call.keyWidth(), sequence, keyValueHead, panels, at);
    at += keysSize(sequence);
    call.packColumns(call.values(), call.valueWidth(), sequence, keyValueHead, panels, at);
    Tensor bias = a.relativeBias();
    if (bias != null) {
      int group = a.heads() / a.keyValueHeads();
      for (int i = 0; i < group; i++) {
        int head = keyValueHead * group + i;
        call.packBias(
            bias, sequence, head, panels, biasAt[sequence] + 4 * biasSize(sequence) * head);
      }
    }
  }

  private void compute(MemorySegment panels, int task) {
    int found = java.util.Arrays.binarySearch(tasks, task);
    int sequence = found >= 0 ? found : -found - 2;
    while (tasks[sequence + 1] == task) {
      sequence++; // a sequence without queries
    }
    int blocks = Panels.of(a.queries().length(sequence));
    int index = task - tasks[sequence];
    int head = index / blocks;
    int lanes = Tile.VECTORS * COUNT;
    long stats = 4L * lanes * AttentionCall.KEYS;
    long sums = stats + 4L * lanes * 3;
    long queries = sums + 4L * lanes * AttentionCall.roundUp(call.valueWidth());
    try (Scratch scratch = Scratch.take(queries / 4 + QueryBlock.size(call))) {
      MemorySegment memory = scratch.memory();
      QueryBlock block = new QueryBlock(call, sequence, head, index % blocks, memory, queries);
      new Block(panels, memory, sequence, head, block, stats, sums).run();
    }
  }

  /// The computation of one block: scores at 0 in `memory`, then the statistics, then the sums.
  private final class Block {
    final MemorySegment panels;
    final MemorySegment memory;
    final int sequence;
    final int head;
    final QueryBlock block;
    final long maxAt;
    final long totalAt;
    final long factorAt;
    final long sumsAt;
    final int row;
    final int width;
    final float[] tile = new float[Tile.SIZE];

    Block(
        MemorySegment panels,
        MemorySegment memory,
        int sequence,
        int head,
        QueryBlock block,
        long stats,
        long sums) {
      this.panels = panels;
      this.memory = memory;
      this.sequence = sequence;
      this.head = head;
      this.block = block;
      this.row = block.row;
      this.maxAt = stats;
      this.totalAt = stats + row;
      this.factorAt = stats + 2L * row;
      this.sumsAt = sums;
      this.width = AttentionCall.roundUp(call.valueWidth());
    }

    void run() {
      for (int i = 0; i < row; i += BYTES) {
        store(Lanes.broadcast(Float.NEGATIVE_INFINITY), memory, maxAt + i);
        store(zero(), memory, totalAt + i);
      }
      memory.asSlice(sumsAt, (long) row * width).fill((byte) 0);
      int keyValueHead = head / (a.heads() / a.keyValueHeads());
      long keys = panelsAt[sequence] + keyValueHead * (keysSize(sequence) + valuesSize(sequence));
      long values = keys + keysSize(sequence);
      long bias = biasAt[sequence] + 4 * biasSize(sequence) * head;
      for (int from = block.firstKey; from < block.endKey; from += AttentionCall.KEYS) {
        int end = Math.min(block.endKey, from + AttentionCall.KEYS);
        block.scores(panels, keys, panels, bias, from, end, tile, memory, 0);
        for (int i = 0; i < row; i += BYTES) {
          for (Step step : SOFTMAX) {
            step.run(memory, i, row, end - from, maxAt + i);
          }
          if (from > block.firstKey) {
            multiplyColumn(memory, sumsAt + i, row, width, factorAt + i);
          }
        }
        if (a.dropout() > 0) {
          block.dropout(from, end, memory, 0);
        }
        addValues(values, from, end);
      }
      finish();
    }

    /// sums [width, lanes] += values [keys, width]ᵀ · weights [keys, lanes].
    private void addValues(long values, int from, int end) {
      long keys = call.visible()[sequence].length;
      for (int column = 0; column < width; column += Tile.ROWS) {
        long panel = values + 4 * (column * keys + (long) from * Tile.ROWS);
        Tile.multiply(block.vectors, panels, panel, memory, 0, end - from, tile);
        long to = sumsAt + (long) row * column;
        Tile.put(block.vectors, tile, memory, to, row, Tile.ROWS, block.vectors * COUNT, true);
      }
    }

    /// Divides by the totals and brings the sums to their rows.
    private void finish() {
      int queryRow = a.queries().start(sequence) + block.first;
      for (int i = 0; i < block.count; i++) {
        float max = Lanes.get(memory, maxAt + 4L * i);
        float total = Lanes.get(memory, totalAt + 4L * i);
        boolean nowhere = max == Float.NEGATIVE_INFINITY && total == 0;
        float sum = nowhere ? max : (float) (max + StrictMath.log(total));
        Lanes.set(logSumExp, 4 * ((long) (queryRow + i) * a.heads() + head), sum);
        Lanes.set(memory, factorAt + 4L * i, nowhere ? 0 : 1 / total);
      }
      for (int i = 0; i < row; i += BYTES) {
        multiplyColumn(memory, sumsAt + i, row, width, factorAt + i);
      }
      int valueWidth = call.valueWidth();
      long step = (long) a.heads() * valueWidth;
      Packing.transpose(
          memory,
          sumsAt,
          row / 4,
          valueWidth,
          block.count,
          out,
          4 * (queryRow * step + (long) head * valueWidth),
          valueWidth,
          step);
    }
  }

  /// A step of the running softmax of a column: `count` vectors of scores below each other, `row`
  /// bytes apart. The column's maximum, total and factor are as far apart.
  private interface Step {
    void run(MemorySegment memory, long at, long row, int count, long maxAt);
  }

  /// By way of a list, because C2 then compiles each loop alone: together they have too many nodes.
  private static final Step[] SOFTMAX = {
    Attention::raiseMax, Attention::shrink, Attention::exponentiate
  };

  /// Raises the running maximum to that of the scores; the former one is left as the factor.
  private static void raiseMax(MemorySegment memory, long at, long row, int count, long maxAt) {
    FloatVector max = load(memory, maxAt);
    store(max, memory, maxAt + 2 * row);
    for (int key = 0; key < count; key++) {
      FloatVector score = load(memory, at + key * row);
      max = max.blend(score, score.compare(VectorOperators.GT, max));
    }
    store(max, memory, maxAt);
  }

  /// Computes the factor by which everything is smaller with the new maximum, and applies it to the
  /// total.
  private static void shrink(MemorySegment memory, long at, long row, int count, long maxAt) {
    FloatVector before = load(memory, maxAt + 2 * row);
    FloatVector factor = Functions.expOfNegative(before.sub(finiteMax(memory, maxAt)));
    store(factor, memory, maxAt + 2 * row);
    store(load(memory, maxAt + row).mul(factor), memory, maxAt + row);
  }

  /// Replaces the scores by exp(score − max) and adds them to the total.
  private static void exponentiate(MemorySegment memory, long at, long row, int count, long maxAt) {
    FloatVector max = finiteMax(memory, maxAt);
    FloatVector total = load(memory, maxAt + row);
    for (int key = 0; key < count; key++) {
      FloatVector weight = Functions.expOfNegative(load(memory, at + key * row).sub(max));
      total = total.add(weight);
      store(weight, memory, at + key * row);
    }
    store(total, memory, maxAt + row);
  }

  /// The maximum, or 0 where everything was hidden until now: then exp gives 0, not NaN.
  private static FloatVector finiteMax(MemorySegment memory, long maxAt) {
    FloatVector max = load(memory, maxAt);
    return max.blend(0, max.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
  }

  /// Multiplies `count` vectors below each other by the one at `factorAt`.
  private static void multiplyColumn(
      MemorySegment memory, long at, long row, int count, long factorAt) {
    FloatVector factor = load(memory, factorAt);
    for (int i = 0; i < count; i++) {
      store(load(memory, at + i * row).mul(factor), memory, at + i * row);
    }
  }
}
