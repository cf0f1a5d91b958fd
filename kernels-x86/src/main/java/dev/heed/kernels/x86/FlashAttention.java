package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/// Fused attention over F32 tensors: tiles of queries meet tiles of keys, and the N×N weights are
/// never stored. Memory besides the outputs is linear in the length of a sequence.
///
/// A task is a run of queries of one sequence under one key/value head: it brings the keys and values
/// that those may attend to into scratch memory once, for all query heads that share them. Tiles that
/// no query sees are left out; only tiles in which some query does not see some key compare positions.
///
/// Source: Dao et al., "FlashAttention-2", 2023.
final class FlashAttention {
  static final double LOG2_E = 1.4426950408889634;
  static final double LN_2 = 0.6931471805599453;

  /// Queries that share the keys which a task packs.
  private static final int QUERIES_PER_TASK = 256;

  /// Keys in a tile, at most; a multiple of the rows of a tile of scores.
  private static final int KEYS_PER_TILE = 96;

  /// Columns in which a masked tile is computed: each range has its own last key.
  private static final int MASKED_QUERIES = 16;

  /// With fewer queries keys are read where they lie: packing them would cost as much as their use.
  private static final int THIN = 16;

  private final KernelCache kernels;

  FlashAttention(KernelCache kernels) {
    this.kernels = kernels;
  }

  /// [dev.heed.tensor.Kernels#attention] for tensors of F32.
  void forward(Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
    int sequences = a.queries().count();
    int[] firstChunk = new int[sequences + 1];
    for (int i = 0; i < sequences; i++) {
      int chunks = (a.queries().length(i) + QUERIES_PER_TASK - 1) / QUERIES_PER_TASK;
      firstChunk[i + 1] = Math.addExact(firstChunk[i], chunks);
    }
    try (Forward call = new Forward(q, k, v, a, out, logSumExp)) {
      Parallel.run(
          Math.multiplyExact(firstChunk[sequences], a.keyValueHeads()),
          task -> {
            int chunk = task / a.keyValueHeads();
            int sequence = java.util.Arrays.binarySearch(firstChunk, chunk);
            sequence = sequence < 0 ? -sequence - 2 : sequence;
            while (firstChunk[sequence + 1] == chunk) {
              sequence++; // of equal entries the search may find any; the last has the queries
            }
            int from = (chunk - firstChunk[sequence]) * QUERIES_PER_TASK;
            int to = Math.min(a.queries().length(sequence), from + QUERIES_PER_TASK);
            call.run(sequence, task % a.keyValueHeads(), from, to);
          });
    }
    for (Object tensor : new Object[] {q, k, v, a, out, logSumExp}) {
      Reference.reachabilityFence(tensor);
    }
  }

  /// What the tasks of one call share.
  private final class Forward implements AutoCloseable {
    final AttentionArguments a;
    final long q;
    final long k;
    final long v;
    final long out;
    final long logSumExp;
    final int keyWidth;
    final int valueWidth;
    final int group;
    final int packedKey;
    final int packedValue;
    final @Nullable RelativeBias bias;
    final Level level = kernels.level();
    final Kernel pack;
    final Kernel packValues;
    final Kernel transpose = kernels.get("transpose", PackCode::transpose);
    final Kernel finish;

    Forward(Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
      this.a = a;
      this.q = q.memory().address();
      this.k = k.memory().address();
      this.v = v.memory().address();
      this.out = out.memory().address();
      this.logSumExp = logSumExp.memory().address();
      this.keyWidth = k.shape().width() / a.keyValueHeads();
      this.valueWidth = v.shape().width() / a.keyValueHeads();
      this.group = a.heads() / a.keyValueHeads();
      this.packedKey = FlashTile.rowBytes(level, keyWidth);
      this.packedValue = FlashTile.rowBytes(level, valueWidth);
      this.bias = RelativeBias.of(a);
      this.pack = rows("pack", keyWidth);
      this.packValues = rows("pack", valueWidth);
      this.finish = rows("finish", valueWidth);
    }

    private Kernel rows(String what, int width) {
      return kernels.get(
          "attention " + what + " " + width,
          l -> what.equals("pack") ? FlashRows.pack(l, width) : FlashRows.finish(l, width));
    }

    void run(int sequence, int keyValueHead, int from, int to) {
      VisibleKeys keys = new VisibleKeys(a, sequence, from, to);
      boolean thin =
          (to - from) * group <= THIN
              && a.keyMask() == null
              && keyWidth % level.lanes() == 0
              && valueWidth % level.lanes() == 0;
      try (Task task = new Task(this, sequence, keyValueHead, keys, thin)) {
        // The heads that share one query's keys are then the rows of one tile.
        if (to - from == 1 && bias == null && group <= FlashTile.QUERIES) {
          task.tile(from, 0, group, true);
          return;
        }
        for (int head = 0; head < group; head++) {
          for (int tile = from; tile < to; tile += FlashTile.QUERIES) {
            task.tile(tile, head, Math.min(FlashTile.QUERIES, to - tile), false);
          }
        }
      }
    }

    @Override
    public void close() {
      if (bias != null) {
        bias.close();
      }
    }
  }

  /// A run of queries of one sequence under one key/value head.
  private final class Task implements AutoCloseable {
    final Forward call;
    final AttentionArguments a;
    final int sequence;
    final int keyValueHead;
    final VisibleKeys keys;
    final Scratch scratch;
    final MemorySegment memory;
    final Arguments arguments;
    final int keyRow;
    final int valueRow;
    final long keysAt;
    final long valuesAt;
    final boolean careful;

    // Offsets in the scratch memory.
    final long transposed;
    final long scores;
    final long gathered;
    final long statistics;
    final long visible;
    final long rowKeys;
    final long numbers;
    final long indices;

    final int[] first = new int[FlashTile.QUERIES];
    final int[] end = new int[FlashTile.QUERIES];

    Task(Forward call, int sequence, int keyValueHead, VisibleKeys keys, boolean thin) {
      this.call = call;
      this.a = call.a;
      this.sequence = sequence;
      this.keyValueHead = keyValueHead;
      this.keys = keys;
      int count = keys.count();
      ScratchLayout layout = new ScratchLayout();
      transposed = layout.add((long) call.keyWidth * FlashTile.ROW);
      scores = layout.add((long) KEYS_PER_TILE * FlashTile.ROW);
      gathered = layout.add((long) FlashTile.QUERIES * call.packedValue);
      statistics = layout.add(4L * FlashTile.ROW);
      visible = layout.add(2L * FlashTile.ROW);
      rowKeys = layout.add(FlashTile.ROW);
      numbers = layout.add(4L * count);
      indices = layout.add(4L * count);
      long packedKeys = layout.add(thin ? 0 : (long) count * call.packedKey);
      long packedValues = layout.add(thin ? 0 : (long) count * call.packedValue);
      scratch = Scratch.take(layout.bytes() / 4);
      memory = scratch.memory();
      arguments = scratch.arguments();
      keys.writeIndices(memory, indices);
      for (int i = 0; i < count; i++) {
        memory.set(ValueLayout.JAVA_INT, numbers + 4L * i, i);
      }
      int keyStride = 4 * a.keyValueHeads() * call.keyWidth;
      int valueStride = 4 * a.keyValueHeads() * call.valueWidth;
      long row = a.keys().start(sequence);
      long keysFrom = call.k + row * keyStride + 4L * keyValueHead * call.keyWidth;
      long valuesFrom = call.v + row * valueStride + 4L * keyValueHead * call.valueWidth;
      if (thin) {
        int offset = count == 0 ? 0 : memory.get(ValueLayout.JAVA_INT, indices);
        keyRow = keyStride;
        valueRow = valueStride;
        keysAt = keysFrom + (long) offset * keyStride;
        valuesAt = valuesFrom + (long) offset * valueStride;
        careful = true;
      } else {
        keyRow = call.packedKey;
        valueRow = call.packedValue;
        keysAt = scratch.address() + packedKeys;
        valuesAt = scratch.address() + packedValues;
        pack(call.pack, keysFrom, keyStride, keysAt);
        careful = pack(call.packValues, valuesFrom, valueStride, valuesAt);
      }
    }

    /// Packs rows and tells whether NaN or ∞ is among them.
    private boolean pack(Kernel kernel, long from, int stride, long to) {
      arguments
          .set(FlashRows.FROM, from)
          .set(FlashRows.FROM_ROW, stride)
          .set(FlashRows.TO, to)
          .set(FlashRows.COUNT, keys.count())
          .set(FlashRows.INDICES, scratch.address() + indices);
      kernel.call(arguments.address());
      return Float.isNaN(arguments.getFloat(FlashRows.CHECK));
    }

    /// Computes `count` rows of the output: queries from `query` on of one head of the group, or the
    /// heads from there on of one query.
    void tile(int query, int headOfGroup, int count, boolean heads) {
      int head = keyValueHead * (a.heads() / a.keyValueHeads()) + headOfGroup;
      long row = a.queries().start(sequence) + (long) query;
      long element = row * a.heads() + head;
      long next = heads ? 1 : a.heads();
      transpose(call.q + 4 * element * call.keyWidth, 4 * next * call.keyWidth, count);
      memory.asSlice(gathered, (long) count * call.packedValue).fill((byte) 0);
      for (int i = 0; i < FlashTile.QUERIES; i++) {
        long at = statistics + 4L * i;
        memory.set(ValueLayout.JAVA_FLOAT, at + FlashForwardCode.MAXIMUM, -Float.MAX_VALUE);
        memory.set(ValueLayout.JAVA_FLOAT, at + FlashForwardCode.NEXT_MAXIMUM, -Float.MAX_VALUE);
        memory.set(ValueLayout.JAVA_FLOAT, at + FlashForwardCode.SUM, 0);
      }
      for (int i = 0; i < count; i++) {
        first[i] = keys.firstNumber(heads ? query : query + i);
        end[i] = keys.endNumber(heads ? query : query + i);
        memory.set(ValueLayout.JAVA_INT, visible + 4L * i, FlashTile.range(first[i]));
        memory.set(
            ValueLayout.JAVA_INT,
            visible + FlashTile.ROW + 4L * i,
            FlashTile.range(end[i] - first[i]));
        if (a.dropout() > 0) {
          long dropoutRow =
              (heads ? head + i : head) * (long) a.queries().rows() + (heads ? row : row + i);
          memory.set(
              ValueLayout.JAVA_INT,
              rowKeys + 4L * i,
              CounterRandom.rowKey(a.dropoutKey(), dropoutRow));
        }
      }
      int fromAll = first[count - 1];
      int toAll = end[0];
      long bias =
          call.bias == null ? 0 : call.bias.address(head, query + a.queryOffset(sequence));
      boolean biased = call.bias != null;
      arguments
          .set(
              FlashForwardCode.FACTOR,
              (float) (a.scale() * LOG2_E))
          .set(FlashForwardCode.BOUND, CounterRandom.threshold(a.dropout()) - 1L);
      if (fromAll < toAll) {
        masked(count, first[0], fromAll, bias);
        full(count, fromAll, toAll, bias);
        masked(count, toAll, end[count - 1], bias);
      } else {
        masked(count, first[0], end[count - 1], bias);
      }
      arguments
          .set(FlashRows.FROM, scratch.address() + gathered)
          .set(FlashRows.TO, call.out + 4 * element * call.valueWidth)
          .set(FlashRows.TO_ROW, 4 * next * call.valueWidth)
          .set(FlashRows.COUNT, count)
          .set(FlashRows.FACTOR, (float) (1 / (1 - a.dropout())))
          .set(FlashRows.STATISTICS, scratch.address() + statistics)
          .set(FlashRows.LOG_SUM_EXP, call.logSumExp + 4 * element)
          .set(FlashRows.LOG_SUM_EXP_ROW, 4 * next)
          .set(FlashRows.MAXIMUM_FACTOR, (float) (biased ? LN_2 : a.scale()));
      call.finish.call(arguments.address());
    }

    private void transpose(long from, long stride, int count) {
      int lanes = call.level.lanes();
      for (int i = 0; i < count; i += lanes) {
        arguments
            .set(PackCode.FROM, from + i * stride)
            .set(PackCode.FROM_ROW, stride)
            .set(PackCode.LENGTH, call.keyWidth)
            .set(PackCode.WIDTH, Math.min(lanes, count - i))
            .set(PackCode.TO, scratch.address() + transposed + 4L * i)
            .set(PackCode.TO_ROW, FlashTile.ROW);
        call.transpose.call(arguments.address());
      }
    }

    /// The keys `from` … `to` − 1, all of which all queries see.
    private void full(int count, int from, int to, long bias) {
      int columns = (count + MASKED_QUERIES - 1) / MASKED_QUERIES * MASKED_QUERIES;
      steps(0, count, columns, from, to, false, bias);
    }

    /// Those of the keys `from` … `to` − 1 that some query sees.
    private void masked(int count, int from, int to, long bias) {
      if (from >= to) {
        return;
      }
      for (int i = 0; i < count; i += MASKED_QUERIES) {
        int n = Math.min(MASKED_QUERIES, count - i);
        int low = Math.max(from, first[i]);
        int high = Math.min(to, end[i + n - 1]);
        steps(i, n, MASKED_QUERIES, low, high, true, bias);
      }
    }

    private void steps(
        int firstQuery, int count, int columns, int from, int to, boolean masked, long bias) {
      if (from >= to) {
        return;
      }
      FlashForwardCode code =
          new FlashForwardCode(
              columns,
              call.keyWidth,
              call.valueWidth,
              keyRow,
              valueRow,
              masked,
              call.bias != null,
              a.dropout() > 0,
              masked && careful);
      Kernel kernel = kernels.get(code, code::emit);
      long at = scratch.address() + 4L * firstQuery;
      arguments
          .set(FlashForwardCode.QUERIES_TRANSPOSED, at + transposed)
          .set(FlashForwardCode.SCORES, at + scores)
          .set(
              FlashForwardCode.GATHERED,
              scratch.address() + gathered + (long) firstQuery * call.packedValue)
          .set(FlashForwardCode.QUERY_COUNT, count)
          .set(FlashForwardCode.STATISTICS, at + statistics)
          .set(FlashForwardCode.VISIBLE, at + visible)
          .set(FlashForwardCode.ROW_KEYS, at + rowKeys)
          .set(FlashForwardCode.BIAS, bias + 4L * firstQuery);
      int tiles = (to - from + KEYS_PER_TILE - 1) / KEYS_PER_TILE;
      // About equal tiles, but whole tiles of registers.
      int size = ((to - from + tiles - 1) / tiles + 11) / 12 * 12;
      for (int key = from; key < to; key += size) {
        arguments
            .set(FlashForwardCode.KEYS, keysAt + (long) key * keyRow)
            .set(FlashForwardCode.VALUES, valuesAt + (long) key * valueRow)
            .set(FlashForwardCode.KEY_COUNT, Math.min(size, to - key))
            .set(FlashForwardCode.KEY_NUMBERS, scratch.address() + numbers + 4L * key)
            .set(FlashForwardCode.KEY_INDICES, scratch.address() + indices + 4L * key);
        kernel.call(arguments.address());
      }
    }

    @Override
    public void close() {
      scratch.close();
    }
  }
}
