package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import dev.heed.tensor.QuantizedLayout;
import org.jspecify.annotations.Nullable;

/// Products of a few rows of 8-bit activations with panels of 16 quantised rows.
///
/// With AVX512-VNNI a group's eight vectors of codes stay in registers while every row meets them;
/// a lane is a weight row, so nothing is added up across lanes. With AVX2 a half of the panel is
/// taken at a time, and each vector of codes meets all rows before the next is unpacked; AVX-VNNI
/// does the same with one instruction for three. The sums of a group are exact, and what follows is
/// done in the same order: all forms give the same bits.
///
/// @param layout how the weights lie
/// @param rows the rows of activations
record QuantizedCode(QuantizedLayout layout, int rows) {
  /// Slots of the argument block. Strides are in bytes.
  static final int X = 0;

  static final int W = 1;

  /// Blocks of a panel.
  static final int BLOCKS = 2;

  static final int OUT = 3;
  static final int OUT_ROW = 4;

  /// How many panels, one after the other.
  static final int TURNS = 5;

  /// The address of the bias, 0 for none.
  static final int BIAS = 6;

  /// The address of what is added to the rows of OUT, as far apart as they; 0 for nothing.
  static final int RESIDUAL = 7;

  /// A group of activations: 32 codes; their scale; scale · sum of codes; and as integers −zero ·
  /// the sum of the codes (of the first 16 where the halves have scales of their own), and of the
  /// last 16.
  static final int GROUP_BYTES = 48;

  static final int SCALE = 32;
  static final int SCALED_SUM = 36;
  static final int START = 40;
  static final int SECOND_START = 44;

  /// The most rows that one kernel takes.
  static int mostRows(Level level) {
    return isVnni(level) ? 16 : 4;
  }

  private static boolean isVnni(Level level) {
    return level.compareTo(Level.VNNI) >= 0;
  }

  private int groups() {
    return layout.blockColumns() / QuantizedLayout.GROUP;
  }

  /// Whether the halves of a group have scales of their own.
  private boolean halves() {
    return layout.parts() && !layout.minimum();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof QuantizedCode that
        && rows == that.rows
        && (layout == that.layout || layout.equals(that.layout));
  }

  @Override
  public int hashCode() {
    return (31 * layout.bits() + layout.zero()) * 31 + rows;
  }

  byte[] emit(Level level) {
    if (isVnni(level)) {
      return new Wide(level).emit();
    }
    return level == Level.AVXVNNI ? emitNarrow(VPDPBUSD_VEX) : new Narrow(null).emit();
  }

  /// The form of 256 bits that multiplies by `dot`. AVX512-VNNI has the instruction of AVX-VNNI in
  /// another encoding, by which tests run this form on a processor without AVX-VNNI.
  byte[] emitNarrow(VectorOp dot) {
    return new Narrow(dot).emit();
  }

  /// What both forms share: registers that walk through the weights and the activations.
  private abstract class Form {
    final VectorCode code;
    final Assembler asm;
    final Gpr x;
    final Gpr w;
    final Gpr out;
    final Gpr bias;
    final Gpr residual;
    final Gpr blocks;
    final Gpr at;

    Form(Level level) {
      code = new VectorCode(level);
      asm = code.asm;
      w = code.argument(W);
      out = code.argument(OUT);
      bias = code.argument(BIAS);
      residual = code.argument(RESIDUAL);
      x = code.gpr();
      blocks = code.gpr();
      at = code.gpr();
    }

    byte[] emit() {
      prepare();
      Gpr turns = code.argument(TURNS);
      code.countDown(
          turns,
          () -> {
            panel();
            asm.add(out, 64);
            code.ifNotZero(bias, () -> asm.add(bias, 64));
            code.ifNotZero(residual, () -> asm.add(residual, 64));
          });
      return code.finish();
    }

    abstract void prepare();

    abstract void panel();

    /// Adds bias and residual and stores, `shift` bytes into the panel's 16 columns.
    void store(Vec[] sums, int shift) {
      code.ifNotZero(
          bias,
          () -> {
            for (Vec sum : sums) {
              code.add(sum, sum, Address.at(bias, shift));
            }
          });
      code.ifNotZero(
          residual,
          () -> {
            asm.mov(at, residual);
            for (Vec sum : sums) {
              code.add(sum, sum, Address.at(at, shift));
              asm.add(at, VectorCode.slot(OUT_ROW));
            }
          });
      asm.mov(at, out);
      for (Vec sum : sums) {
        asm.emit(VMOVUPS_STORE, Address.at(at, shift), sum);
        asm.add(at, VectorCode.slot(OUT_ROW));
      }
    }

    Address activation(int row, int offset) {
      return Address.at(x, row * GROUP_BYTES + offset);
    }

    void and(Vec to, Vec a, Vec b) {
      asm.emit(code.level.isWide() ? VPANDD : VPAND, to, a, b);
    }

    void or(Vec to, Vec a, Vec b) {
      asm.emit(code.level.isWide() ? VPORD : VPOR, to, a, b);
    }

    /// `to` = the bits of `from` moved up, or down where negative.
    void shift(Vec to, Vec from, int bits) {
      if (bits > 0) {
        asm.emitImmediate(VPSLLD, bits, to, from);
      } else if (bits < 0) {
        asm.emitImmediate(VPSRLD, -bits, to, from);
      } else {
        code.move(to, from);
      }
    }
  }

  /// 512 bits, VNNI.
  private final class Wide extends Form {
    private final Vec[] sums = new Vec[rows];
    private final GroupCode group;
    private final Vec products;
    private final Vec second;

    Wide(Level level) {
      super(level);
      group = new GroupCode(code, layout);
      products = group.spare;
      second = group.second;
      for (int r = 0; r < rows; r++) {
        sums[r] = code.vec();
      }
    }

    @Override
    void prepare() {
      group.prepare();
    }

    @Override
    void panel() {
      for (Vec sum : sums) {
        code.clear(sum);
      }
      asm.mov(x, VectorCode.slot(X));
      asm.mov(blocks, VectorCode.slot(BLOCKS));
      code.countDown(
          blocks,
          () -> {
            int at = layout.headerBytes();
            for (int i = 0; i < groups(); i++) {
              group.load(w, at);
              for (int r = 0; r < rows; r++) {
                row(r);
              }
              at += layout.groupBytes();
              asm.add(x, rows * GROUP_BYTES);
            }
            asm.add(w, layout.blockBytes());
          });
      store(sums, 0);
    }

    private void row(int r) {
      begin(products, r, START);
      for (int v = 0; v < (halves() ? 4 : 8); v++) {
        asm.emit(VPDPBUSD, products, group.codes[v], activation(r, 4 * v).broadcastOne());
      }
      finish(products, r, group.scale);
      if (halves()) {
        begin(second, r, SECOND_START);
        for (int v = 4; v < 8; v++) {
          asm.emit(VPDPBUSD, second, group.codes[v], activation(r, 4 * v).broadcastOne());
        }
        finish(second, r, group.other);
      }
      if (layout.minimum()) {
        Address sum = activation(r, SCALED_SUM).broadcastOne();
        if (layout.parts()) {
          code.subProduct(sums[r], group.other, sum);
        } else {
          code.addProduct(sums[r], group.other, sum);
        }
      }
    }

    private void begin(Vec integers, int r, int start) {
      if (layout.zero() == 0) {
        code.clear(integers);
      } else {
        asm.emit(VPBROADCASTD, integers, activation(r, start));
      }
    }

    private void finish(Vec integers, int r, Vec by) {
      asm.emit(VCVTDQ2PS, integers, integers);
      code.mul(integers, integers, activation(r, SCALE).broadcastOne());
      code.addProduct(sums[r], integers, by);
    }
  }

  /// 256 bits: two halves of 8 lanes.
  private final class Narrow extends Form {
    /// Adds products of four unsigned codes with four signed ones; null where there is no such
    /// instruction.
    private final @Nullable VectorOp dot;

    private final Vec[] sums = new Vec[rows];
    private final Vec[] integers = new Vec[rows];
    private final Vec codes;
    private final Vec broadcast;
    private final Vec product;
    private final Vec ones;
    private final Vec bits;
    private final Gpr start;

    Narrow(@Nullable VectorOp dot) {
      super(Level.AVX2);
      this.dot = dot;
      for (int r = 0; r < rows; r++) {
        sums[r] = code.vec();
        integers[r] = code.vec();
      }
      codes = code.vec();
      broadcast = code.vec();
      product = code.vec();
      ones = code.vec();
      bits = code.vec();
      start = code.gpr();
    }

    @Override
    void prepare() {
      if (dot == null) {
        asm.emit(VPBROADCASTD, ones, code.pooled(0x00010001));
      }
    }

    /// Whether codes have their sign here: two products of unsigned codes of 8 bits are too large
    /// for the 16 bits in which AVX2 adds them.
    private boolean isSigned() {
      return dot == null && layout.bits() == 8;
    }

    @Override
    void panel() {
      asm.mov(start, w);
      for (int half = 0; half < 2; half++) {
        int lanes = 8 * half;
        for (Vec sum : sums) {
          code.clear(sum);
        }
        asm.mov(w, start);
        asm.mov(x, VectorCode.slot(X));
        asm.mov(blocks, VectorCode.slot(BLOCKS));
        code.countDown(
            blocks,
            () -> {
              int at = layout.headerBytes();
              for (int group = 0; group < groups(); group++) {
                group(at, lanes);
                at += layout.groupBytes();
                asm.add(x, rows * GROUP_BYTES);
              }
              asm.add(w, layout.blockBytes());
            });
        store(sums, 4 * lanes);
      }
    }

    private void group(int at, int lanes) {
      int parts = halves() ? 2 : 1;
      for (int part = 0; part < parts; part++) {
        for (int r = 0; r < rows; r++) {
          if (layout.zero() == 0 || isSigned()) {
            code.clear(integers[r]);
          } else {
            asm.emit(VPBROADCASTD, integers[r], activation(r, part == 0 ? START : SECOND_START));
          }
        }
        for (int v = 8 / parts * part; v < 8 / parts * (part + 1); v++) {
          unpack(at + layout.partBytes(), v, lanes);
          for (int r = 0; r < rows; r++) {
            multiply(r, v);
          }
        }
        scale(at, part, lanes, codes);
        for (int r = 0; r < rows; r++) {
          asm.emit(VCVTDQ2PS, integers[r], integers[r]);
          asm.emit(VBROADCASTSS, broadcast, activation(r, SCALE));
          code.mul(integers[r], integers[r], broadcast);
          code.addProduct(sums[r], integers[r], codes);
        }
      }
      if (layout.minimum()) {
        asm.emit(VCVTPH2PS, codes, Address.at(w, 32 + 2 * lanes));
        if (layout.parts()) {
          asm.emit(VPMOVZXBD, broadcast, Address.at(w, at + 16 + lanes));
          asm.emit(VCVTDQ2PS, broadcast, broadcast);
          code.mul(codes, codes, broadcast);
        }
        for (int r = 0; r < rows; r++) {
          asm.emit(VBROADCASTSS, broadcast, activation(r, SCALED_SUM));
          if (layout.parts()) {
            code.subProduct(sums[r], codes, broadcast);
          } else {
            code.addProduct(sums[r], codes, broadcast);
          }
        }
      }
    }

    private void scale(int at, int part, int lanes, Vec to) {
      asm.emit(VCVTPH2PS, to, Address.at(w, 2 * lanes));
      if (layout.parts()) {
        asm.emit(
            layout.minimum() ? VPMOVZXBD : VPMOVSXBD,
            broadcast,
            Address.at(w, at + 16 * part + lanes));
        asm.emit(VCVTDQ2PS, broadcast, broadcast);
        code.mul(to, to, broadcast);
      }
    }

    private void multiply(int r, int v) {
      asm.emit(VPBROADCASTD, broadcast, activation(r, 4 * v));
      if (dot != null) {
        asm.emit(dot, integers[r], codes, broadcast);
        return;
      }
      if (isSigned()) {
        asm.emit(VPSIGNB, broadcast, broadcast, codes);
        asm.emit(VPABSB, product, codes);
        asm.emit(VPMADDUBSW, product, product, broadcast);
      } else {
        asm.emit(VPMADDUBSW, product, codes, broadcast);
      }
      asm.emit(VPMADDWD, product, product, ones);
      asm.emit(VPADDD, integers[r], integers[r], product);
    }

    private void unpack(int at, int v, int lanes) {
      int shift = 4 * lanes; // bytes of a vector before these lanes
      if (layout.bits() == 8) {
        code.load(codes, Address.at(w, at + 64 * v + shift));
        if (isSigned()) {
          asm.emit(VPBROADCASTD, bits, code.pooled(0x80808080));
          asm.emit(VPXOR, codes, codes, bits);
        }
        return;
      }
      code.load(codes, Address.at(w, at + 64 * (v % 4) + shift));
      if (v >= 4) {
        shift(codes, codes, -4);
      }
      asm.emit(VPBROADCASTD, bits, code.pooled(0x0F0F0F0F));
      and(codes, codes, bits);
      if (layout.bits() > 4) {
        int plane = layout.bits() == 6 ? v / 4 : 0;
        code.load(product, Address.at(w, at + 256 + 64 * plane + shift));
        shift(product, product, GroupCode.upperShift(layout, v));
        asm.emit(VPBROADCASTD, bits, code.pooled(layout.bits() == 5 ? 0x10101010 : 0x30303030));
        and(product, product, bits);
        or(codes, codes, product);
      }
    }
  }
}
