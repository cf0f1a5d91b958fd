package dev.heed.kernels.x86;

import dev.heed.kernels.x86.Product.Matrix;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The weights of one sequence's attention, which [FlashAttention] does not keep: a product of
/// matrices for each head, then for each row the exponential function of what lies above its
/// log-sum-exp.
final class AttentionWeights {
  private final KernelCache kernels;
  private final Matmul matmul;

  AttentionWeights(KernelCache kernels, Matmul matmul) {
    this.kernels = kernels;
    this.matmul = matmul;
  }

  /// Computes weights [H, T, S].
  void compute(
      Tensor q, Tensor k, AttentionArguments a, Tensor logSumExp, int sequence, Tensor weights) {
    int queries = a.queries().length(sequence);
    int keys = a.keys().length(sequence);
    int width = q.shape().width() / a.heads();
    long queryRow = q.shape().width();
    long keyRow = k.shape().width();
    int group = a.heads() / a.keyValueHeads();
    long size = (long) queries * keys;
    if (size == 0) {
      return;
    }
    for (int head = 0; head < a.heads(); head++) {
      long first = a.queries().start(sequence) * queryRow + (long) head * width;
      long firstKey = a.keys().start(sequence) * keyRow + (long) (head / group) * width;
      matmul.multiply(
          new Product(
              queries,
              keys,
              width,
              new Matrix(q.memory().address() + 4 * first, queryRow, false),
              new Matrix(k.memory().address() + 4 * firstKey, keyRow, true),
              weights.memory().address() + 4 * head * size,
              keys,
              false,
              Product.NOTHING));
    }
    boolean biased = a.relativeBias() != null;
    MapCode code = new MapCode("attention weights", biased ? 2 : 1, 1, 2);
    Kernel kernel = kernels.get(code, level -> code.emit(level, AttentionWeights::weight));
    Rows.forRows(
        (long) a.heads() * queries,
        keys,
        (from, end) -> {
          try (Scratch scratch = Scratch.take(0)) {
            for (long row = from; row < end; row++) {
              int head = (int) (row / queries);
              int query = (int) (row % queries);
              row(kernel, scratch.arguments(), a, logSumExp, sequence, weights, head, query);
            }
          }
        });
    Rows.keep(q, k, logSumExp, weights, a.relativeBias());
  }

  /// `exp(x · scale − logSumExp + bias)`.
  private static List<Vec> weight(VectorCode code, Vec[] in, Vec[] scalars) {
    Vec x = in[0];
    code.mulAdd(x, scalars[0], scalars[1]);
    if (in.length > 1) {
      code.add(x, x, in[1]);
    }
    Functions.exp(code, x);
    return List.of(x);
  }

  private static void row(
      Kernel kernel,
      Arguments arguments,
      AttentionArguments a,
      Tensor logSumExp,
      int sequence,
      Tensor weights,
      int head,
      int query) {
    int queries = a.queries().length(sequence);
    int keys = a.keys().length(sequence);
    int position = query + a.queryOffset(sequence);
    int first = Math.min(keys, a.firstKey(position));
    int end = Math.max(first, a.endKey(position, keys));
    long at = 4 * (((long) head * queries + query) * keys);
    long address = weights.memory().address() + at + 4L * first;
    long sum = (long) (a.queries().start(sequence) + query) * a.heads() + head;
    float above = logSumExp.memory().getAtIndex(ValueLayout.JAVA_FLOAT, sum);
    Tensor bias = a.relativeBias();
    int slot = MapCode.ARRAY;
    arguments
        .set(MapCode.ROWS, 1)
        .set(MapCode.COLUMNS, end - first)
        .set(MapCode.SCALAR, (float) a.scale())
        .set(MapCode.SCALAR + 1, -above)
        .set(slot++, address)
        .set(slot++, 0);
    if (bias != null) {
      int width = bias.shape().width();
      long column = (long) head * width + first - position + width / 2;
      arguments.set(slot++, bias.memory().address() + 4 * column).set(slot++, 0);
    }
    arguments.set(slot++, address).set(slot, 0);
    if (end > first) {
      kernel.call(arguments.address());
    }
    hide(
        weights.memory().asSlice(at, 4L * keys), a.keyMask(), a.keys().start(sequence), first, end);
  }

  private static void hide(
      MemorySegment row, @Nullable Tensor mask, long firstKey, int first, int end) {
    row.asSlice(0, 4L * first).fill((byte) 0);
    row.asSlice(4L * end).fill((byte) 0);
    if (mask != null) {
      for (int key = first; key < end; key++) {
        if (mask.memory().getAtIndex(ValueLayout.JAVA_INT, firstKey + key) == 0) {
          row.setAtIndex(ValueLayout.JAVA_FLOAT, key, 0);
        }
      }
    }
  }
}
