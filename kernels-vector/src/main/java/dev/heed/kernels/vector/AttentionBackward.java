package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.BYTES;
import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// The gradients of attention, whose weights are computed again, block by block, from the
/// log-sum-exp.
///
/// A task computes one key/value head of one sequence with all the query heads that share it, so no
/// two tasks write to the same gradient. It takes a few [QueryBlock]s at a time, so that the
/// gradients of keys and values are sums over many queries per product.
///
/// Source: Dao et al., "FlashAttention-2", 2023, algorithm 2.
final class AttentionBackward {
  /// Blocks of queries that are taken at a time.
  private static final int BLOCKS = 4;

  /// Queries that are taken at a time, at most.
  private static final int QUERIES = BLOCKS * Tile.VECTORS * COUNT;

  /// The tensors of one call.
  record Gradients(
      MemorySegment out,
      MemorySegment logSumExp,
      MemorySegment outGradient,
      MemorySegment qGradient,
      MemorySegment kGradient,
      MemorySegment vGradient) {}

  private final AttentionCall call;
  private final AttentionArguments a;
  private final Gradients g;
  private final int keyWidth;
  private final int valueWidth;

  private AttentionBackward(AttentionCall call, Gradients gradients) {
    this.call = call;
    this.a = call.arguments();
    this.g = gradients;
    this.keyWidth = call.keyWidth();
    this.valueWidth = call.valueWidth();
  }

  static void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments arguments,
      Gradients gradients,
      @Nullable Tensor biasGradient) {
    AttentionCall call = AttentionCall.of(arguments, q, k, v);
    new AttentionBackward(call, gradients).run(biasGradient);
  }

  private void run(@Nullable Tensor biasGradient) {
    int sequences = a.queries().count();
    int heads = a.keyValueHeads();
    // The bias gradients of each sequence and head, added up in order afterwards.
    long[] biasAt = new long[sequences + 1];
    for (int i = 0; i < sequences && a.relativeBias() != null; i++) {
      biasAt[i + 1] = biasAt[i] + 4 * a.heads() * biasSize(i);
    }
    try (Scratch scratch = Scratch.take(biasAt[sequences] / 4)) {
      MemorySegment biases = scratch.memory();
      biases.asSlice(0, biasAt[sequences]).fill((byte) 0);
      Parallel.run(
          sequences * heads,
          task -> {
            int sequence = task / heads;
            try (Head head = new Head(sequence, task % heads)) {
              head.run(biases, biasAt[sequence]);
            }
          });
      if (biasGradient != null && a.relativeBias() != null) {
        addBiases(biases, biasAt, biasGradient);
      }
    }
  }

  private long biasSize(int sequence) {
    return AttentionCall.biasSize(a.queries().length(sequence), a.keys().length(sequence));
  }

  /// Brings what [AttentionCall#packBias] has turned round back to the columns of the bias.
  private void addBiases(MemorySegment biases, long[] biasAt, Tensor biasGradient) {
    int columns = biasGradient.shape().width();
    MemorySegment to = biasGradient.memory();
    for (int sequence = 0; sequence < a.queries().count(); sequence++) {
      int length = a.keys().length(sequence);
      int offset = a.queryOffset(sequence);
      long size = biasSize(sequence);
      for (int head = 0; head < a.heads(); head++) {
        long from = biasAt[sequence] + 4 * size * head;
        for (int x = 0; x < size; x++) {
          long column = (long) length - 1 - x - offset + columns / 2;
          if (column >= 0 && column < columns) {
            long at = 4 * ((long) head * columns + column);
            Lanes.set(to, at, Lanes.get(to, at) + Lanes.get(biases, from + 4L * x));
          }
        }
      }
    }
  }

  /// One key/value head of one sequence: its memory, cut into parts.
  private final class Head implements AutoCloseable {
    final int sequence;
    final int keyValueHead;
    final int[] visible;
    final int keys;
    final Scratch scratch;
    final MemorySegment memory;
    final float[] tile = new float[Tile.SIZE];

    private long used;

    // Packed keys and values, and the sums of their gradients, [keys, width].
    final long keyRows;
    final long keyColumns;
    final long valueRows;
    final long bias;
    final long keySums;
    final long valueSums;

    // Of the queries taken at a time: they and the gradients of out as right-hand panels.
    final long queryPanels;
    final long outPanels;

    // Of a block of queries: the transposed gradient of out, statistics, and the sum of the query's
    // gradient, [width, lanes].
    final long outColumns;
    final long stats;
    final long querySums;
    final long blocks;

    // Of blocks of queries and of keys: weights and their gradients, [keys, lanes], and the same as
    // left-hand panels, [keys/8][queries][8].
    final long weights;
    final long gradients;
    final long weightTiles;
    final long gradientTiles;

    Head(int sequence, int keyValueHead) {
      this.sequence = sequence;
      this.keyValueHead = keyValueHead;
      this.visible = call.visible()[sequence];
      this.keys = visible.length;
      int padded = AttentionCall.roundUp(keys);
      int lanes = Tile.VECTORS * COUNT;
      int wholeKeyWidth = AttentionCall.roundUp(keyWidth);
      keyRows = part((long) padded * keyWidth);
      keyColumns = part((long) wholeKeyWidth * keys);
      valueRows = part((long) padded * valueWidth);
      keySums = part((long) keys * keyWidth);
      valueSums = part((long) keys * valueWidth);
      queryPanels = part((long) QUERIES * Panels.start(Panels.of(keyWidth), keyWidth));
      outPanels = part((long) QUERIES * Panels.start(Panels.of(valueWidth), valueWidth));
      outColumns = part((long) BLOCKS * valueWidth * lanes);
      stats = part(BLOCKS * 2L * lanes);
      querySums = part((long) BLOCKS * wholeKeyWidth * lanes);
      blocks = part(BLOCKS * QueryBlock.size(call));
      weights = part((long) AttentionCall.KEYS * lanes);
      gradients = part((long) AttentionCall.KEYS * lanes);
      weightTiles = part((long) AttentionCall.KEYS * QUERIES);
      gradientTiles = part((long) AttentionCall.KEYS * QUERIES);
      bias = part(a.relativeBias() == null ? 0 : biasSize(sequence));
      this.scratch = Scratch.take(used / 4);
      this.memory = scratch.memory();
    }

    /// Where the next `floats` floats go, in bytes.
    private long part(long floats) {
      long at = used;
      used += (4 * floats + 63) / 64 * 64;
      return at;
    }

    @Override
    public void close() {
      scratch.close();
    }

    void run(MemorySegment biases, long biasGradientsAt) {
      call.packRows(call.keys(), keyWidth, sequence, keyValueHead, memory, keyRows);
      call.packColumns(call.keys(), keyWidth, sequence, keyValueHead, memory, keyColumns);
      call.packRows(call.values(), valueWidth, sequence, keyValueHead, memory, valueRows);
      memory.asSlice(keySums, 4L * keys * keyWidth).fill((byte) 0);
      memory.asSlice(valueSums, 4L * keys * valueWidth).fill((byte) 0);
      int group = a.heads() / a.keyValueHeads();
      int queries = a.queries().length(sequence);
      int panels = Panels.of(queries);
      for (int i = 0; i < group; i++) {
        int head = keyValueHead * group + i;
        if (a.relativeBias() != null) {
          call.packBias(a.relativeBias(), sequence, head, memory, bias);
        }
        for (int first = 0; first < panels; first += BLOCKS) {
          int end = Math.min(panels, first + BLOCKS);
          queries(head, first, end, biases, biasGradientsAt + 4 * biasSize(sequence) * head);
        }
      }
      putRows(keySums, keyWidth, g.kGradient);
      putRows(valueSums, valueWidth, g.vGradient);
    }

    /// Brings sums to the rows of the visible keys; the others get zeros.
    private void putRows(long from, int width, MemorySegment to) {
      int length = a.keys().length(sequence);
      Matrix rows =
          AttentionCall.head(
              to, a.keys().start(sequence), a.keyValueHeads(), keyValueHead, width, false);
      int next = 0;
      for (int key = 0; key < length; key++) {
        long at = rows.offset() + 4 * key * rows.stride();
        if (next < keys && visible[next] == key) {
          MemorySegment.copy(memory, from + 4L * next * width, to, at, 4L * width);
          next++;
        } else {
          to.asSlice(at, 4L * width).fill((byte) 0);
        }
      }
    }

    /// Blocks `firstBlock` … `endBlock` − 1 of a head's queries, over all keys.
    private void queries(
        int head, int firstBlock, int endBlock, MemorySegment biases, long biasGradientsAt) {
      int queries = a.queries().length(sequence);
      int start = Panels.start(firstBlock, queries);
      int count = Math.min(queries, Panels.start(endBlock, queries)) - start;
      int row = a.queries().start(sequence) + start;
      packPanels(call.queries(), keyWidth, head, row, count, queryPanels);
      packPanels(g.outGradient, valueWidth, head, row, count, outPanels);
      Block[] taken = new Block[endBlock - firstBlock];
      int firstKey = Integer.MAX_VALUE;
      int endKey = 0;
      for (int i = 0; i < taken.length; i++) {
        taken[i] = new Block(head, firstBlock + i, i, start);
        firstKey = Math.min(firstKey, taken[i].block.firstKey);
        endKey = Math.max(endKey, taken[i].block.endKey);
      }
      for (int from = firstKey; from < endKey; from += AttentionCall.KEYS) {
        int end = Math.min(endKey, from + AttentionCall.KEYS);
        for (Block block : taken) {
          block.keys(from, end, biases, biasGradientsAt);
        }
        addProducts(weightTiles, outPanels, valueWidth, count, from, end, valueSums);
        addProducts(gradientTiles, queryPanels, keyWidth, count, from, end, keySums);
      }
      for (Block block : taken) {
        block.finish();
      }
    }

    /// Packs `count` rows of a head as right-hand panels of `count` steps.
    private void packPanels(MemorySegment from, int width, int head, int row, int count, long to) {
      Matrix rows = AttentionCall.head(from, row, a.heads(), head, width, false);
      for (int panel = 0; panel < Panels.of(width); panel++) {
        int column = Panels.start(panel, width);
        int wide = Panels.vectors(panel, width) * COUNT;
        int there = Math.min(wide, width - column);
        Packing.right(rows, 0, count, column, there, memory, to + 4L * column * count, wide);
      }
    }

    /// sums [keys, width] += tiles [keys, queries] · panels [queries, width] for keys `from` … .
    private void addProducts(
        long tiles, long panels, int width, int count, int from, int end, long sums) {
      for (int key = from; key < end; key += Tile.ROWS) {
        long left = tiles + 4L * (key - from) * QUERIES;
        int rows = Math.min(Tile.ROWS, end - key);
        for (int panel = 0; panel < Panels.of(width); panel++) {
          int column = Panels.start(panel, width);
          int vectors = Panels.vectors(panel, width);
          int columns = Math.min(vectors * COUNT, width - column);
          long right = panels + 4L * column * count;
          Tile.multiply(vectors, memory, left, memory, right, count, tile);
          long to = sums + 4 * ((long) key * width + column);
          Tile.put(vectors, tile, memory, to, 4L * width, rows, columns, true);
        }
      }
    }

    /// One of the blocks of queries that are taken at a time.
    private final class Block {
      final int head;
      final QueryBlock block;
      final int row;
      final long outColumnsAt;
      final long normalizers;
      final long deltas;
      final long sums;

      /// Queries taken before this block's.
      final int before;

      Block(int head, int index, int slot, int start) {
        int lanes = Tile.VECTORS * COUNT;
        this.head = head;
        this.block =
            new QueryBlock(
                call, sequence, head, index, memory, blocks + 4 * QueryBlock.size(call) * slot);
        this.row = block.row;
        this.before = block.first - start;
        this.outColumnsAt = outColumns + 4L * slot * valueWidth * lanes;
        this.normalizers = stats + 8L * slot * lanes;
        this.deltas = normalizers + row;
        this.sums = querySums + 4L * slot * AttentionCall.roundUp(keyWidth) * lanes;
        memory.asSlice(sums, (long) row * AttentionCall.roundUp(keyWidth)).fill((byte) 0);
        packOutGradient();
        packStatistics();
      }

      private int firstRow() {
        return a.queries().start(sequence) + block.first;
      }

      private void packOutGradient() {
        Matrix transposed =
            AttentionCall.head(g.outGradient, firstRow(), a.heads(), head, valueWidth, true);
        Packing.right(transposed, 0, valueWidth, 0, block.count, memory, outColumnsAt, row / 4);
      }

      private void packStatistics() {
        Matrix rows = AttentionCall.head(g.out, firstRow(), a.heads(), head, valueWidth, false);
        for (int i = 0; i < row / 4; i++) {
          float normalizer = Float.POSITIVE_INFINITY; // makes all weights 0
          float delta = 0;
          if (i < block.count) {
            long at = rows.offset() + 4 * i * rows.stride();
            delta = Dots.dot(valueWidth, g.out, at, g.outGradient, at);
            normalizer = Lanes.get(g.logSumExp, 4 * ((long) (firstRow() + i) * a.heads() + head));
            if (normalizer == Float.NEGATIVE_INFINITY) {
              normalizer = Float.POSITIVE_INFINITY;
            }
          }
          Lanes.set(memory, normalizers + 4L * i, normalizer);
          Lanes.set(memory, deltas + 4L * i, delta);
        }
      }

      /// Computes the weights of keys `from` … `end` − 1 and their gradients, adds to the gradient
      /// of the queries, and packs both for the gradients of keys and values.
      void keys(int from, int end, MemorySegment biases, long biasGradientsAt) {
        int count = end - from;
        block.scores(memory, keyRows, memory, bias, from, end, tile, memory, weights);
        weightGradients(from, end);
        if (a.dropout() > 0) {
          block.dropout(from, end, memory, gradients);
        }
        for (int i = 0; i < row; i += BYTES) {
          for (Step step : SOFTMAX) {
            step.run(memory, weights + i, gradients + i, row, count, normalizers + i);
          }
        }
        if (a.relativeBias() != null) {
          addBias(from, end, biases, biasGradientsAt);
        }
        Elementwise.scale(memory, gradients, (float) a.scale(), memory, gradients, count * row / 4);
        addQueries(from, count);
        if (a.dropout() > 0) {
          block.dropout(from, end, memory, weights);
        }
        packTiles(weights, count, weightTiles);
        packTiles(gradients, count, gradientTiles);
      }

      /// gradients [keys, lanes] = values · outGradientᵀ.
      private void weightGradients(int from, int end) {
        for (int key = from; key < end; key += Tile.ROWS) {
          long panel = valueRows + 4L * key * valueWidth;
          Tile.multiply(block.vectors, memory, panel, memory, outColumnsAt, valueWidth, tile);
          long to = gradients + (long) row * (key - from);
          int rows = Math.min(Tile.ROWS, end - key);
          Tile.put(block.vectors, tile, memory, to, row, rows, row / 4, false);
        }
      }

      private void addBias(int from, int end, MemorySegment biases, long at) {
        int length = a.keys().length(sequence);
        for (int key = from; key < end; key++) {
          long diagonal = at + 4L * (block.first - visible[key] + length - 1);
          long source = gradients + (long) row * (key - from);
          Elementwise.add(biases, diagonal, memory, source, 1, biases, diagonal, row / 4);
        }
      }

      /// sums [width, lanes] += keys [keys, width]ᵀ · gradients [keys, lanes].
      private void addQueries(int from, int count) {
        for (int column = 0; column < keyWidth; column += Tile.ROWS) {
          long panel = keyColumns + 4 * ((long) column * keys + (long) from * Tile.ROWS);
          Tile.multiply(block.vectors, memory, panel, memory, gradients, count, tile);
          long to = sums + (long) row * column;
          Tile.put(block.vectors, tile, memory, to, row, Tile.ROWS, row / 4, true);
        }
      }

      private void packTiles(long from, int count, long to) {
        Matrix rows = new Matrix(memory, from, row / 4, false);
        for (int key = 0; key < count; key += Tile.ROWS) {
          int there = Math.min(Tile.ROWS, count - key);
          long at = to + 4L * (key * QUERIES + before * Tile.ROWS);
          Packing.left(rows, key, there, 0, block.count, memory, at);
        }
      }

      void finish() {
        Matrix rows = AttentionCall.head(g.qGradient, firstRow(), a.heads(), head, keyWidth, false);
        Packing.transpose(
            memory,
            sums,
            row / 4,
            keyWidth,
            block.count,
            g.qGradient,
            rows.offset(),
            keyWidth,
            rows.stride());
      }
    }
  }

  /// A step of the softmax and its gradient of a column: `count` vectors below each other, `row`
  /// bytes apart. The column's log-sum-exp and Σ out · outGradient are as far apart.
  private interface Step {
    void run(
        MemorySegment memory,
        long weightsAt,
        long gradientsAt,
        long row,
        int count,
        long normalizerAt);
  }

  /// By way of a list, because C2 then compiles each loop alone: together they have too many nodes.
  private static final Step[] SOFTMAX = {
    AttentionBackward::subtract, AttentionBackward::exponentiate, AttentionBackward::backward
  };

  /// weights = scores − normalizer; what is hidden stays −∞ even where the normalizer is NaN.
  private static void subtract(
      MemorySegment memory,
      long weightsAt,
      long gradientsAt,
      long row,
      int count,
      long normalizerAt) {
    FloatVector normalizer = load(memory, normalizerAt);
    for (int key = 0; key < count; key++) {
      FloatVector score = load(memory, weightsAt + key * row);
      FloatVector difference =
          score
              .sub(normalizer)
              .blend(score, score.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
      store(difference, memory, weightsAt + key * row);
    }
  }

  /// weights = exp(weights).
  private static void exponentiate(
      MemorySegment memory,
      long weightsAt,
      long gradientsAt,
      long row,
      int count,
      long normalizerAt) {
    for (int key = 0; key < count; key++) {
      long at = weightsAt + key * row;
      store(Functions.expOfNegative(load(memory, at)), memory, at);
    }
  }

  /// gradients = weights · (gradients − delta), 0 where the weight is.
  private static void backward(
      MemorySegment memory,
      long weightsAt,
      long gradientsAt,
      long row,
      int count,
      long normalizerAt) {
    FloatVector delta = load(memory, normalizerAt + row);
    for (int key = 0; key < count; key++) {
      FloatVector weight = load(memory, weightsAt + key * row);
      FloatVector gradient = weight.mul(load(memory, gradientsAt + key * row).sub(delta));
      store(
          gradient.blend(0, weight.compare(VectorOperators.EQ, 0)),
          memory,
          gradientsAt + key * row);
    }
  }
}
