package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import dev.heed.tensor.QuantizedLayout;

/// Brings panels of 16 quantised rows into pairs of bfloat16 along k, as [HalvesCode] does with
/// F32: the same bits as if the weights were F32.
final class UnpackCode {
  /// Slots of the argument block. Strides are in bytes.
  static final int W = 0;

  /// Blocks of a panel.
  static final int BLOCKS = 1;

  static final int TO = 2;
  static final int TO_ROW = 3;

  private UnpackCode() {}

  /// @param layout how the weights lie
  static byte[] emit(Level level, QuantizedLayout layout) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr w = code.argument(W);
    Gpr blocks = code.argument(BLOCKS);
    Gpr to = code.argument(TO);
    Gpr toRow = code.argument(TO_ROW);
    GroupCode group = new GroupCode(code, layout);
    group.prepare();
    Vec mask = code.vec();
    asm.emit(VPBROADCASTD, mask, code.pooled(0xFF));
    Vec zero = code.constantVec(layout.zero());
    Vec order = HalvesCode.order(code);
    Vec[] values = {code.vec(), code.vec()};
    boolean halves = layout.parts() && !layout.minimum();
    code.countDown(
        blocks,
        () -> {
          int at = layout.headerBytes();
          for (int i = 0; i < layout.blockColumns() / QuantizedLayout.GROUP; i++) {
            group.load(w, at);
            for (int v = 0; v < 8; v++) {
              Vec scale = halves && v >= 4 ? group.other : group.scale;
              for (int pair = 0; pair < 2; pair++) {
                for (int j = 0; j < 2; j++) {
                  int shift = 8 * (2 * pair + j);
                  Vec from = group.codes[v];
                  Vec value = values[j];
                  if (shift > 0) {
                    asm.emitImmediate(VPSRLD, shift, value, from);
                    from = value;
                  }
                  if (shift < 24) {
                    asm.emit(VPANDD, value, from, mask);
                  }
                  asm.emit(VCVTDQ2PS, value, value);
                  if (layout.zero() != 0) {
                    code.sub(value, value, zero);
                  }
                  code.mul(value, value, scale);
                  if (layout.minimum()) {
                    if (layout.parts()) {
                      code.sub(value, value, group.other);
                    } else {
                      code.add(value, value, group.other);
                    }
                  }
                }
                HalvesCode.pair(code, values[0], values[1], order);
                asm.emit(VMOVUPS_STORE, Address.at(to), values[0]);
                asm.add(to, toRow);
              }
            }
            at += layout.groupBytes();
          }
          asm.add(w, layout.blockBytes());
        });
    return code.finish();
  }
}
