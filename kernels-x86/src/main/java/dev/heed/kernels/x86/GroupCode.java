package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import dev.heed.tensor.QuantizedLayout;

/// Brings a group of a panel of 16 quantised rows into 512-bit registers: eight vectors of codes,
/// of which each lane has four columns of a row, a byte each, and the rows' scales.
final class GroupCode {
  final Vec[] codes = new Vec[8];

  /// The scale of each row; where the halves of a group have scales of their own, the first's.
  final Vec scale;

  /// The minimum of each row, without its sign where there are small ones; or the second half's
  /// scale.
  final Vec other;

  /// Free between two groups.
  final Vec spare;

  /// Free between two groups.
  final Vec second;

  private final VectorCode code;
  private final Assembler asm;
  private final QuantizedLayout layout;
  private final Vec low;

  GroupCode(VectorCode code, QuantizedLayout layout) {
    this.code = code;
    this.asm = code.asm;
    this.layout = layout;
    for (int i = 0; i < 8; i++) {
      codes[i] = code.vec();
    }
    spare = code.vec();
    second = code.vec();
    scale = code.vec();
    other = code.vec();
    low = code.vec();
  }

  /// What all groups need.
  void prepare() {
    asm.emit(VPBROADCASTD, low, code.pooled(0x0F0F0F0F));
  }

  /// How far the upper bits of vector `v` are from where they belong, above the lower four.
  static int upperShift(QuantizedLayout layout, int v) {
    return layout.bits() == 5 ? 4 - v : 4 - 2 * (v % 4);
  }

  /// The group at byte `at` of the block at `w`.
  void load(Gpr w, int at) {
    unpack(w, at + layout.partBytes());
    asm.emit(VCVTPH2PS, scale, Address.at(w));
    if (layout.minimum()) {
      asm.emit(VCVTPH2PS, other, Address.at(w, 32));
    }
    if (layout.parts()) {
      VectorOp extend = layout.minimum() ? VPMOVZXBD : VPMOVSXBD;
      asm.emit(extend, spare, Address.at(w, at));
      asm.emit(extend, second, Address.at(w, at + 16));
      asm.emit(VCVTDQ2PS, spare, spare);
      asm.emit(VCVTDQ2PS, second, second);
      code.mul(other, second, layout.minimum() ? other : scale);
      code.mul(scale, scale, spare);
    }
  }

  private void unpack(Gpr w, int at) {
    if (layout.bits() == 8) {
      for (int v = 0; v < 8; v++) {
        code.load(codes[v], Address.at(w, at + 64 * v));
      }
      return;
    }
    for (int v = 0; v < 4; v++) {
      code.load(codes[v], Address.at(w, at + 64 * v));
      asm.emitImmediate(VPSRLD, 4, codes[v + 4], codes[v]);
      asm.emit(VPANDD, codes[v], codes[v], low);
      asm.emit(VPANDD, codes[v + 4], codes[v + 4], low);
    }
    if (layout.bits() == 4) {
      return;
    }
    asm.emit(VPBROADCASTD, second, code.pooled(layout.bits() == 5 ? 0x10101010 : 0x30303030));
    for (int v = 0; v < 8; v++) {
      if (v == 0 || layout.bits() == 6 && v == 4) {
        code.load(other, Address.at(w, at + 256 + 64 * (v / 4)));
      }
      int shift = upperShift(layout, v);
      if (shift == 0) {
        code.move(spare, other);
      } else {
        asm.emitImmediate(shift > 0 ? VPSLLD : VPSRLD, Math.abs(shift), spare, other);
      }
      asm.emit(VPANDD, spare, spare, second);
      asm.emit(VPORD, codes[v], codes[v], spare);
    }
  }
}
