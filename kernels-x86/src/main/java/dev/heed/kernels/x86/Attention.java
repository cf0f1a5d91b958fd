package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Attention in strips: some queries of one head against all keys that one of them sees. The scores
/// of a strip stay in the second-level cache; those of all queries never exist at once.
///
/// Products are [MatmulCode]'s tiles, what lies between them is [AttentionCode]. Forward, a task
/// computes a run of queries of one head; backward, all queries of the heads that share one
/// key/value head, so that no two tasks add to the same gradient. The cut depends on the lengths
/// alone.
///
/// Keys and values outside of a query's sight are multiplied by a weight of zero, which needs them
/// to be finite: where they are not, the caller has to compute otherwise.
///
/// Source: Dao et al., "FlashAttention", 2022, for the backward pass from the log-sum-exp.
final class Attention {
  private static final int STRIP = 48;
  private static final int QUERIES_PER_TASK = 4 * STRIP;

  private final KernelCache kernels;
  private final Tiles tiles;
  private final int lanes;

  Attention(KernelCache kernels) {
    this.kernels = kernels;
    this.tiles = new Tiles(kernels);
    this.lanes = kernels.level().lanes();
  }

  /// Computes `out` and `logSumExp`.
  ///
  /// @return whether all keys and values were finite; otherwise the outputs are not to be used
  boolean forward(
      Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
    Call call = new Call(q, k, v, a);
    call.out = out.memory().address();
    call.logSumExp = logSumExp.memory();
    int[] firstTask = new int[a.queries().count() + 1];
    for (int i = 0; i < a.queries().count(); i++) {
      int runs = (a.queries().length(i) + QUERIES_PER_TASK - 1) / QUERIES_PER_TASK;
      firstTask[i + 1] = firstTask[i] + runs * a.heads();
    }
    Parallel.run(
        firstTask[a.queries().count()],
        task -> {
          int found = Arrays.binarySearch(firstTask, task);
          int sequence = found >= 0 ? found : -found - 2;
          // Empty sequences begin where the next one does.
          while (firstTask[sequence + 1] == task) {
            sequence++;
          }
          int within = task - firstTask[sequence];
          int first = within / a.heads() * QUERIES_PER_TASK;
          int end = Math.min(a.queries().length(sequence), first + QUERIES_PER_TASK);
          try (HeadTask head = new HeadTask(call, sequence, within % a.heads(), false)) {
            head.packKeys(first, end);
            for (int query = first; query < end; query += STRIP) {
              head.forward(query, Math.min(STRIP, end - query));
            }
          }
        });
    Rows.keep(q, k, v, out, logSumExp, a.relativeBias(), a.keyMask());
    return call.finite.get();
  }

  /// Computes the gradients; that of the bias is added to.
  ///
  /// @return whether all that was read was finite; otherwise the gradients of q, k and v are not to
  ///   be used, and nothing was added to that of the bias
  boolean backward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments a,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient) {
    Call call = new Call(q, k, v, a);
    call.out = out.memory().address();
    call.logSumExp = logSumExp.memory();
    call.outGradient = outGradient.memory().address();
    call.qGradient = qGradient.memory().address();
    call.kGradient = kGradient.memory().address();
    call.vGradient = vGradient.memory().address();
    kGradient.memory().fill((byte) 0);
    vGradient.memory().fill((byte) 0);
    int group = a.heads() / a.keyValueHeads();
    int count = a.queries().count();
    // A copy for each sequence, added up in order: several sequences share a head's bias.
    long biasWidth = biasGradient == null ? 0 : biasGradient.elements();
    try (Scratch biases = Scratch.take(count * biasWidth)) {
      if (biasGradient != null) {
        biases.memory().asSlice(0, 4L * count * biasWidth).fill((byte) 0);
        call.biasGradients = biases.address();
      }
      Parallel.run(
          count * a.keyValueHeads(),
          task -> {
            int sequence = task / a.keyValueHeads();
            int keyValueHead = task % a.keyValueHeads();
            int queries = a.queries().length(sequence);
            for (int i = 0; i < group && queries > 0; i++) {
              try (HeadTask head = new HeadTask(call, sequence, keyValueHead * group + i, true)) {
                head.packKeys(0, queries);
                for (int query = 0; query < queries; query += STRIP) {
                  head.backward(query, Math.min(STRIP, queries - query));
                }
              }
            }
          });
      if (biasGradient != null && call.finite.get()) {
        MemorySegment sums = biasGradient.memory();
        for (int i = 0; i < count; i++) {
          for (long j = 0; j < biasWidth; j++) {
            float part = biases.memory().getAtIndex(ValueLayout.JAVA_FLOAT, i * biasWidth + j);
            sums.setAtIndex(
                ValueLayout.JAVA_FLOAT, j, sums.getAtIndex(ValueLayout.JAVA_FLOAT, j) + part);
          }
        }
      }
    }
    Rows.keep(
        q,
        k,
        v,
        out,
        logSumExp,
        outGradient,
        qGradient,
        kGradient,
        vGradient,
        biasGradient,
        a.relativeBias(),
        a.keyMask());
    return call.finite.get();
  }

  /// What all tasks of one call share: addresses, and strides in bytes.
  private static final class Call {
    final AttentionArguments a;
    final int keyWidth;
    final int valueWidth;
    final long q;
    final long k;
    final long v;
    final long queryRow;
    final long keyRow;
    final long valueRow;
    final long outRow;
    final long bias;
    final int biasWidth;
    final @Nullable MemorySegment keyMask;
    final AtomicBoolean finite = new AtomicBoolean(true);
    MemorySegment logSumExp = MemorySegment.NULL;
    long out;
    long outGradient;
    long qGradient;
    long kGradient;
    long vGradient;
    long biasGradients;

    Call(Tensor q, Tensor k, Tensor v, AttentionArguments a) {
      this.a = a;
      keyWidth = k.shape().width() / a.keyValueHeads();
      valueWidth = v.shape().width() / a.keyValueHeads();
      this.q = q.memory().address();
      this.k = k.memory().address();
      this.v = v.memory().address();
      queryRow = 4L * keyWidth * a.heads();
      keyRow = 4L * keyWidth * a.keyValueHeads();
      valueRow = 4L * valueWidth * a.keyValueHeads();
      outRow = 4L * valueWidth * a.heads();
      Tensor relativeBias = a.relativeBias();
      bias = relativeBias == null ? 0 : relativeBias.memory().address();
      biasWidth = relativeBias == null ? 0 : relativeBias.shape().width();
      keyMask = a.keyMask() == null ? null : a.keyMask().memory();
    }
  }

  /// One query head of one sequence, with its memory.
  private final class HeadTask implements AutoCloseable {
    final Call call;
    final AttentionArguments a;
    final int sequence;
    final int head;
    final boolean backward;
    final int length;
    final int offset;
    final long firstQuery;

    /// Addresses of the head's first key, first value, and first query.
    final long keys;

    final long values;

    /// Vectors in a panel of transposed keys.
    final int panelVectors = kernels.level().isWide() ? 3 : 2;

    final int panelKeys = panelVectors * lanes;
    final Scratch scratch;
    final Arguments arguments;
    final long transposedKeys;
    final long transposedValues;
    final long scores;
    final long gradients;
    final long scoresRow;
    final long records;
    final long mask;
    final MemorySegment recordMemory;

    /// The keys that were packed: from a multiple of the panels' width.
    int packedFrom;

    HeadTask(Call call, int sequence, int head, boolean backward) {
      this.call = call;
      this.a = call.a;
      this.sequence = sequence;
      this.head = head;
      this.backward = backward;
      length = a.keys().length(sequence);
      offset = a.queryOffset(sequence);
      firstQuery = a.queries().start(sequence);
      int keyValueHead = head / (a.heads() / a.keyValueHeads());
      long firstKey = a.keys().start(sequence);
      keys = call.k + firstKey * call.keyRow + 4L * keyValueHead * call.keyWidth;
      values = call.v + firstKey * call.valueRow + 4L * keyValueHead * call.valueWidth;
      long padded = (length + panelKeys - 1L) / panelKeys * panelKeys;
      long strip = STRIP * (padded + 16);
      long floats =
          padded * (call.keyWidth + (backward ? call.valueWidth : 0) + 1)
              + strip * (backward ? 2 : 1)
              + STRIP * AttentionCode.RECORD / 4
              + 64;
      scratch = Scratch.take(floats);
      arguments = scratch.arguments();
      scoresRow = 4 * (padded + 16);
      records = scratch.address();
      scores = records + STRIP * AttentionCode.RECORD;
      gradients = scores + (backward ? 4 * strip : 0);
      transposedKeys = gradients + 4 * strip;
      transposedValues = transposedKeys + 4 * padded * call.keyWidth;
      mask = transposedValues + (backward ? 4 * padded * call.valueWidth : 0);
      recordMemory = scratch.memory().asSlice(0, STRIP * AttentionCode.RECORD);
    }

    @Override
    public void close() {
      scratch.close();
    }

    private long query(int query) {
      return call.q + (firstQuery + query) * call.queryRow + 4L * head * call.keyWidth;
    }

    /// The place of a query's row and head in a tensor like out, at `base`.
    private long outPlace(long base, int query) {
      return base + (firstQuery + query) * call.outRow + 4L * head * call.valueWidth;
    }

    /// Transposes the keys that queries `first` … `end` − 1 may see, and reads the mask.
    void packKeys(int first, int end) {
      packedFrom = a.firstKey(first + offset) / panelKeys * panelKeys;
      int to = a.endKey(end - 1 + offset, length);
      for (int key = packedFrom; key < to; key += lanes) {
        int count = Math.min(lanes, length - key);
        transpose(keys + key * call.keyRow, call.keyRow, call.keyWidth, count, key, transposedKeys);
        if (backward) {
          transpose(
              values + key * call.valueRow,
              call.valueRow,
              call.valueWidth,
              count,
              key,
              transposedValues);
        }
      }
      if (to > packedFrom) {
        requireFinite(keys, call.keyRow, packedFrom, to, call.keyWidth);
        requireFinite(values, call.valueRow, packedFrom, to, call.valueWidth);
      }
      if (backward) {
        requireFinite(query(0), call.queryRow, first, end, call.keyWidth);
        requireFinite(outPlace(call.outGradient, 0), call.outRow, first, end, call.valueWidth);
      }
      if (call.keyMask != null) {
        MemorySegment floats = scratch.memory().asSlice(mask - scratch.address());
        for (int key = packedFrom; key < to; key++) {
          boolean hidden =
              call.keyMask.getAtIndex(ValueLayout.JAVA_INT, a.keys().start(sequence) + key) == 0;
          floats.setAtIndex(ValueLayout.JAVA_FLOAT, key, hidden ? Float.NEGATIVE_INFINITY : 0);
        }
      }
    }

    private void transpose(
        long from, long fromRow, int width, int count, int key, long transposed) {
      arguments
          .set(PackCode.FROM, from)
          .set(PackCode.FROM_ROW, fromRow)
          .set(PackCode.LENGTH, width)
          .set(PackCode.WIDTH, count)
          .set(PackCode.TO, panel(transposed, key, width) + 4L * (key % panelKeys))
          .set(PackCode.TO_ROW, 4L * panelKeys);
      kernels.get("transpose", PackCode::transpose).call(arguments.address());
    }

    /// The panel that holds `key`.
    private long panel(long transposed, int key, int width) {
      return transposed + 4L * (key / panelKeys) * panelKeys * width;
    }

    private void requireFinite(long rows, long row, int first, int end, int width) {
      arguments
          .set(FiniteCode.ROWS, end - first)
          .set(FiniteCode.COLUMNS, width)
          .set(FiniteCode.X, rows + first * row)
          .set(FiniteCode.ROW, row);
      kernels.get("finite", FiniteCode::emit).call(arguments.address());
      if (arguments.getFloat(FiniteCode.RESULT) != 0) {
        call.finite.set(false);
      }
    }

    /// Fills the records of `count` queries from `first` on; their columns count from `base`.
    private void writeRecords(int first, int count, int base, int end) {
      for (int i = 0; i < count; i++) {
        int position = first + i + offset;
        long at = (long) i * AttentionCode.RECORD;
        int from = Math.clamp(a.firstKey(position), base, end);
        int to = Math.clamp(a.endKey(position, length), from, end);
        if (backward) {
          float logSum =
              call.logSumExp.getAtIndex(
                  ValueLayout.JAVA_FLOAT, (firstQuery + first + i) * a.heads() + head);
          recordMemory.set(ValueLayout.JAVA_FLOAT, at + AttentionCode.LOG_SUM, logSum);
          if (logSum == Float.NEGATIVE_INFINITY) {
            to = from; // it may attend nowhere
          }
        }
        recordMemory.set(ValueLayout.JAVA_LONG, at + AttentionCode.FROM, from - base);
        recordMemory.set(ValueLayout.JAVA_LONG, at + AttentionCode.TO, to - base);
        if (a.dropout() > 0) {
          long row = (long) head * a.queries().rows() + firstQuery + first + i;
          recordMemory.set(
              ValueLayout.JAVA_INT,
              at + AttentionCode.KEY,
              CounterRandom.rowKey(a.dropoutKey(), row));
        }
      }
    }

    private AttentionCode code(boolean withBiasGradient) {
      return new AttentionCode(
          call.keyMask != null, call.bias != 0, a.dropout() > 0, withBiasGradient);
    }

    private void setStrip(int first, int count, int base, int end) {
      long biasRow = (long) head * call.biasWidth;
      long biasColumn = (long) base - (first + offset) + call.biasWidth / 2;
      arguments
          .set(AttentionCode.ROWS, count)
          .set(AttentionCode.COLUMNS, end - base)
          .set(AttentionCode.SCORES, scores)
          .set(AttentionCode.SCORES_ROW, scoresRow)
          .set(AttentionCode.ROW_RECORDS, records)
          .set(AttentionCode.MASK, mask + 4L * base)
          .set(AttentionCode.BIAS, call.bias + 4 * (biasRow + biasColumn))
          .set(AttentionCode.SCALE, (float) a.scale())
          .set(AttentionCode.BOUND, CounterRandom.threshold(a.dropout()) - 1)
          .set(AttentionCode.KEPT, (float) (1 / (1 - a.dropout())))
          .set(AttentionCode.FIRST_COLUMN, base)
          .set(AttentionCode.GRADIENTS, gradients);
      if (call.biasGradients != 0) {
        long copy = (long) sequence * a.heads() * call.biasWidth;
        arguments.set(
            AttentionCode.BIAS_GRADIENT, call.biasGradients + 4 * (copy + biasRow + biasColumn));
      }
    }

    /// to [count, end − base] = rows · keysᵀ, with the transposed keys or values.
    private void products(
        long rows, long row, int width, long transposed, int count, int base, int end, long to) {
      for (int key = base; key < end; key += panelKeys) {
        int vectors = Math.min(panelVectors, (end - key + lanes - 1) / lanes);
        tiles.multiply(
            arguments,
            count,
            vectors,
            lanes,
            width,
            rows,
            row,
            tiles.rows(vectors) * row,
            false,
            panel(transposed, key, width),
            4L * panelKeys,
            to + 4L * (key - base),
            scoresRow,
            false);
      }
    }

    /// The queries `first` … `first + count` − 1.
    void forward(int first, int count) {
      int base = Math.min(a.firstKey(first + offset), length) / panelKeys * panelKeys;
      int end = Math.max(base, a.endKey(first + count - 1 + offset, length));
      products(
          query(first), call.queryRow, call.keyWidth, transposedKeys, count, base, end, scores);
      writeRecords(first, count, base, end);
      setStrip(first, count, base, end);
      AttentionCode code = code(false);
      kernels.get(code, code::emitForward).call(arguments.address());
      for (int i = 0; i < count; i++) {
        float logSum =
            recordMemory.get(
                ValueLayout.JAVA_FLOAT, (long) i * AttentionCode.RECORD + AttentionCode.LOG_SUM);
        call.logSumExp.setAtIndex(
            ValueLayout.JAVA_FLOAT, (firstQuery + first + i) * a.heads() + head, logSum);
      }
      tiles.multiply(
          arguments,
          count,
          call.valueWidth,
          end - base,
          scores,
          scoresRow,
          false,
          values + base * call.valueRow,
          call.valueRow,
          outPlace(call.out, first),
          call.outRow,
          false);
    }

    /// The gradients from the queries `first` … `first + count` − 1.
    void backward(int first, int count) {
      int base = Math.min(a.firstKey(first + offset), length) / panelKeys * panelKeys;
      int end = Math.max(base, a.endKey(first + count - 1 + offset, length));
      long outGradient = outPlace(call.outGradient, first);
      products(
          query(first), call.queryRow, call.keyWidth, transposedKeys, count, base, end, scores);
      products(
          outGradient, call.outRow, call.valueWidth, transposedValues, count, base, end, gradients);
      writeRecords(first, count, base, end);
      deltas(outPlace(call.out, first), outGradient, count);
      setStrip(first, count, base, end);
      AttentionCode code = code(call.biasGradients != 0);
      kernels.get("backward " + code, code::emitBackward).call(arguments.address());
      long keyOffset = base * call.keyRow;
      long valueOffset = base * call.valueRow;
      int seen = end - base;
      // qGradient = gradients · keys
      tiles.multiply(
          arguments,
          count,
          call.keyWidth,
          seen,
          gradients,
          scoresRow,
          false,
          keys + keyOffset,
          call.keyRow,
          call.qGradient + query(first) - call.q,
          call.queryRow,
          false);
      // kGradient += gradientsᵀ · queries, vGradient += weightsᵀ · outGradient
      tiles.multiply(
          arguments,
          seen,
          call.keyWidth,
          count,
          gradients,
          scoresRow,
          true,
          query(first),
          call.queryRow,
          call.kGradient + keys - call.k + keyOffset,
          call.keyRow,
          true);
      tiles.multiply(
          arguments,
          seen,
          call.valueWidth,
          count,
          scores,
          scoresRow,
          true,
          outGradient,
          call.outRow,
          call.vGradient + values - call.v + valueOffset,
          call.valueRow,
          true);
    }

    /// Σ out·outGradient of each row, into the records.
    private void deltas(long out, long outGradient, int count) {
      arguments
          .set(RowDotCode.ROWS, count)
          .set(RowDotCode.COLUMNS, call.valueWidth)
          .set(RowDotCode.A, out)
          .set(RowDotCode.B, outGradient)
          .set(RowDotCode.ROW, call.outRow)
          .set(RowDotCode.TO, records + AttentionCode.DELTA)
          .set(RowDotCode.TO_STEP, AttentionCode.RECORD);
      kernels.get("rowDot", RowDotCode::emit).call(arguments.address());
    }
  }
}
