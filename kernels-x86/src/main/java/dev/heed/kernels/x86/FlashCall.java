package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Precision;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// What the tasks of one call of [FlashAttention] share: where the tensors are, and the kernels.
final class FlashCall implements AutoCloseable {
  /// Up to as many rows of queries read the keys where they lie: packing would cost as much as the
  /// use.
  static final int ROWS_IN_PLACE = 16;

  final AttentionArguments a;
  final Level level;
  final long q;
  final long k;
  final long v;
  final long out;
  final long logSumExp;
  final MemorySegment outMemory;
  final MemorySegment logSumExpMemory;
  final int keyWidth;
  final int valueWidth;

  /// Query heads that share a key/value head.
  final int group;

  /// Whether the factors of the products are rounded to bfloat16: the same for the forward and the
  /// backward pass of a call.
  final boolean halves;

  /// Bytes of a packed row of keys, and of values; with [#halves], of a row of pairs of them.
  final int packedKey;

  final int packedValue;

  /// Bytes of a row of keys, and of values, rounded to bfloat16.
  final int keyHalves;

  final int valueHalves;
  final @Nullable RelativeBias bias;
  final KernelCache kernels;
  final Kernel transpose;
  final Kernel packKeys;
  final Kernel packValues;

  /// Round keys and queries to rows, on the way back to pairs of rows too, and values to what their
  /// product takes; null without [#halves].
  final @Nullable Kernel roundKeys;

  final @Nullable Kernel roundValues;

  /// Rounds the gradients of the output to rows and to pairs of them; null elsewhere.
  final @Nullable Kernel roundOutGradients;

  FlashCall(
      KernelCache kernels,
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments a,
      Tensor out,
      Tensor logSumExp,
      boolean backward) {
    this.a = a;
    this.kernels = kernels;
    this.level = kernels.level();
    this.q = q.memory().address();
    this.k = k.memory().address();
    this.v = v.memory().address();
    this.out = out.memory().address();
    this.logSumExp = logSumExp.memory().address();
    this.outMemory = out.memory();
    this.logSumExpMemory = logSumExp.memory();
    this.keyWidth = k.shape().width() / a.keyValueHeads();
    this.valueWidth = v.shape().width() / a.keyValueHeads();
    this.group = a.heads() / a.keyValueHeads();
    this.packedKey = FlashTile.rowBytes(level, keyWidth);
    this.packedValue = FlashTile.rowBytes(level, valueWidth);
    this.keyHalves = FlashTile.halvesRowBytes(keyWidth);
    this.valueHalves = FlashTile.halvesRowBytes(valueWidth);
    this.halves =
        Precision.current() == Precision.BF16
            && level.compareTo(Level.AVX512BF16) >= 0
            && a.queries().longest() * group > ROWS_IN_PLACE;
    this.bias = RelativeBias.of(a);
    this.transpose = kernels.get("transpose", PackCode::transpose);
    this.packKeys = pack(keyWidth);
    this.packValues = pack(valueWidth);
    this.roundKeys = halves ? round(keyWidth, true, backward) : null;
    this.roundValues = halves ? round(valueWidth, backward, !backward) : null;
    this.roundOutGradients = halves && backward ? round(valueWidth, true, true) : null;
  }

  private Kernel pack(int width) {
    return kernels.get("pack " + width, l -> FlashRows.pack(l, width));
  }

  private Kernel round(int width, boolean rows, boolean pairs) {
    return kernels.get(
        "round " + width + rows + pairs, l -> FlashRows.round(l, width, rows, pairs));
  }

  Kernel unpack(int width) {
    return kernels.get("unpack " + width, l -> FlashRows.unpack(l, width));
  }

  Kernel finish() {
    return kernels.get("finish " + valueWidth, l -> FlashRows.finish(l, valueWidth));
  }

  Kernel delta() {
    return kernels.get("delta " + valueWidth, l -> FlashRows.delta(l, valueWidth));
  }

  /// Bytes between the rows of the keys, and of the values, of all heads.
  int keyStride() {
    return 4 * a.keyValueHeads() * keyWidth;
  }

  int valueStride() {
    return 4 * a.keyValueHeads() * valueWidth;
  }

  /// The offset in bytes of a head in the keys (or, with its width, the values) of a sequence.
  long keyOffset(int sequence, int keyValueHead, int width) {
    return 4L * width * ((long) a.keys().start(sequence) * a.keyValueHeads() + keyValueHead);
  }

  @Override
  public void close() {
    if (bias != null) {
      bias.close();
    }
  }
}
