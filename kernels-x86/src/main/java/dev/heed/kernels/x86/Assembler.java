package dev.heed.kernels.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Encodes x86-64 instructions into a byte array.
///
/// Vector instructions are rows of [VectorOp]; the shorter VEX encoding is taken where it can say
/// what is asked, EVEX otherwise. Integer instructions work on 64 bits unless the name says so.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2.
final class Assembler {
  private byte[] code = new byte[4096];
  private int size;
  private final List<Fixup> fixups = new ArrayList<>();

  /// A 32-bit field at `at` that will hold the distance from `end` to the label.
  private record Fixup(int at, int end, int addend, Label label) {}

  // ---- vectors ----

  /// Emits `op` without an immediate; the operands are in the order of the manual.
  void emit(VectorOp op, Operand... operands) {
    encode(op, -1, operands);
  }

  /// Emits `op` with the 8-bit immediate `immediate` (0…255).
  void emitImmediate(VectorOp op, int immediate, Operand... operands) {
    encode(op, immediate & 0xFF, operands);
  }

  private void encode(VectorOp op, int immediate, Operand[] o) {
    int taken = operandCount(op);
    if (o.length != taken) {
      throw new IllegalArgumentException(op + " takes " + taken + " operands: got " + o.length);
    }
    switch (op.form) {
      case RM -> encode(op, number(o[0]), 0, o[1], immediate, o);
      case MR -> encode(op, number(o[1]), 0, o[0], immediate, o);
      case RVM -> encode(op, number(o[0]), number(o[1]), o[2], immediate, o);
      case MVR -> encode(op, number(o[2]), number(o[1]), o[0], immediate, o);
      case RVMR -> encode(op, number(o[0]), number(o[1]), o[2], number(o[3]) << 4, o);
      case VM -> encode(op, op.digit, number(o[0]), o[1], immediate, o);
    }
  }

  private static int operandCount(VectorOp op) {
    return switch (op.form) {
      case RM, MR, VM -> 2;
      case RVM, MVR -> 3;
      case RVMR -> 4;
    };
  }

  private void encode(VectorOp op, int reg, int vvvv, Operand rm, int immediate, Operand[] o) {
    int width = 16;
    int mask = 0;
    boolean zeroing = false;
    boolean high = false;
    boolean toMask = o[0] instanceof Mask && op.form == VectorOp.Form.RVM;
    for (Operand operand : o) {
      if (operand instanceof Vec vec) {
        width = Math.max(width, vec.bytes());
        high |= vec.number() >= 16;
      }
    }
    if (o[0] instanceof Vec vec) {
      mask = vec.mask();
      zeroing = vec.zeroing();
    } else if (o[0] instanceof Address address) {
      mask = address.mask();
    }
    boolean broadcast = rm instanceof Address a && a.broadcast();
    boolean evex = !op.hasVex || width == 64 || high || mask != 0 || broadcast || toMask;
    if (evex && !op.hasEvex) {
      throw new IllegalArgumentException(op + " has no EVEX form for " + Arrays.toString(o));
    }
    int scale;
    if (evex) {
      evex(op, reg, vvvv, rm, width, mask, zeroing, broadcast);
      scale = op.tuple.scale(width, broadcast, op.wide);
    } else {
      vex(op, reg, vvvv, rm, width);
      scale = 1;
    }
    put(op.opcode);
    modrm(reg, rm, scale, immediate >= 0 ? 1 : 0);
    if (immediate >= 0) {
      put(immediate);
    }
  }

  private void vex(VectorOp op, int reg, int vvvv, Operand rm, int width) {
    int r = reg >> 3 & 1;
    int x = indexBit(rm);
    int b = baseBit(rm);
    int tail = (~vvvv & 15) << 3 | (width == 32 ? 4 : 0) | op.prefix;
    if (x == 0 && b == 0 && op.map == 1) {
      put(0xC5);
      put((r ^ 1) << 7 | tail);
    } else {
      put(0xC4);
      put((r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | op.map);
      put(tail);
    }
  }

  private void evex(
      VectorOp op,
      int reg,
      int vvvv,
      Operand rm,
      int width,
      int mask,
      boolean zeroing,
      boolean broadcast) {
    int x = rm instanceof Vec vec ? vec.number() >> 4 & 1 : indexBit(rm);
    put(0x62);
    put(
        (~reg >> 3 & 1) << 7
            | (x ^ 1) << 6
            | (baseBit(rm) ^ 1) << 5
            | (~reg >> 4 & 1) << 4
            | op.map);
    put((op.wide ? 1 : 0) << 7 | (~vvvv & 15) << 3 | 4 | op.prefix);
    put(
        (zeroing ? 1 : 0) << 7
            | (width == 64 ? 2 : width == 32 ? 1 : 0) << 5
            | (broadcast ? 1 : 0) << 4
            | (~vvvv >> 4 & 1) << 3
            | mask);
  }

  /// Zeroes the upper halves, so that SSE code afterwards pays no penalty.
  void vzeroupper() {
    put(0xC5, 0xF8, 0x77);
  }

  // ---- tiles (AMX) ----

  /// Sets the shapes of all tiles as the 64 bytes at `configuration` say.
  void ldtilecfg(Address configuration) {
    tile(0, 0x49, 0, 0, configuration);
  }

  /// Gives the tiles back.
  void tilerelease() {
    put(0xC4, 0xE2, 0x78, 0x49, 0xC0);
  }

  void tilezero(Tile to) {
    tile(3, 0x49, to.number(), 0, new Tile(0));
  }

  /// Loads the rows at `from`, whose index register holds the bytes between them.
  void tileload(Tile to, Address from) {
    tile(3, 0x4B, to.number(), 0, from);
  }

  void tilestore(Address to, Tile from) {
    tile(2, 0x4B, from.number(), 0, to);
  }

  /// `sum += a·b` over pairs of bfloat16: a [rows][pairs], b [pairs][columns].
  void tdpbf16ps(Tile sum, Tile a, Tile b) {
    tile(2, 0x5C, sum.number(), b.number(), a);
  }

  /// `sum += a·b` of bytes, four by four: signed a [rows][fours], unsigned b [fours][columns].
  void tdpbsud(Tile sum, Tile a, Tile b) {
    tile(2, 0x5E, sum.number(), b.number(), a);
  }

  private void tile(int prefix, int opcode, int reg, int vvvv, Operand rm) {
    put(0xC4);
    put(1 << 7 | (indexBit(rm) ^ 1) << 6 | (baseBit(rm) ^ 1) << 5 | 2);
    put((~vvvv & 15) << 3 | prefix);
    put(opcode);
    modrm(reg, rm, 1, 0);
  }

  // ---- integers ----

  void mov(Gpr to, Gpr from) {
    rexW(from.number(), to);
    put(0x89);
    modrm(from.number(), to, 1, 0);
  }

  void mov(Gpr to, long value) {
    if (value >= 0 && value <= 0xFFFFFFFFL) {
      if (to.number() >= 8) {
        put(0x41);
      }
      put(0xB8 | (to.number() & 7));
      putInt((int) value);
    } else {
      rexW(0, to);
      put(0xB8 | (to.number() & 7));
      putInt((int) value);
      putInt((int) (value >> 32));
    }
  }

  void mov(Gpr to, Address from) {
    integer(0x8B, to, from);
  }

  void mov(Address to, Gpr from) {
    integer(0x89, from, to);
  }

  /// Loads 32 bits and fills the upper half with zeros.
  void mov32(Gpr to, Address from) {
    rex(0, to.number(), from);
    put(0x8B);
    modrm(to.number(), from, 1, 0);
  }

  /// Stores the lower 32 bits.
  void mov32(Address to, Gpr from) {
    rex(0, from.number(), to);
    put(0x89);
    modrm(from.number(), to, 1, 0);
  }

  /// Loads 32 bits and extends their sign.
  void movsxd(Gpr to, Address from) {
    integer(0x63, to, from);
  }

  /// Loads one byte and fills the rest with zeros.
  void movzx8(Gpr to, Address from) {
    rex(1, to.number(), from);
    put(0x0F, 0xB6);
    modrm(to.number(), from, 1, 0);
  }

  void lea(Gpr to, Address from) {
    integer(0x8D, to, from);
  }

  void add(Gpr to, Operand from) {
    integer(0x03, to, from);
  }

  void sub(Gpr to, Operand from) {
    integer(0x2B, to, from);
  }

  void and(Gpr to, Operand from) {
    integer(0x23, to, from);
  }

  void or(Gpr to, Operand from) {
    integer(0x0B, to, from);
  }

  void xor(Gpr to, Operand from) {
    integer(0x33, to, from);
  }

  void cmp(Gpr to, Operand from) {
    integer(0x3B, to, from);
  }

  void test(Gpr a, Gpr b) {
    integer(0x85, a, b);
  }

  void imul(Gpr to, Operand from) {
    rex(1, to.number(), from);
    put(0x0F, 0xAF);
    modrm(to.number(), from, 1, 0);
  }

  void imul(Gpr to, Gpr from, int factor) {
    rex(1, to.number(), from);
    put(0x69);
    modrm(to.number(), from, 1, 4);
    putInt(factor);
  }

  void add(Gpr to, int value) {
    immediate(0, to, value);
  }

  void or(Gpr to, int value) {
    immediate(1, to, value);
  }

  void and(Gpr to, int value) {
    immediate(4, to, value);
  }

  void sub(Gpr to, int value) {
    immediate(5, to, value);
  }

  void xor(Gpr to, int value) {
    immediate(6, to, value);
  }

  void cmp(Gpr to, int value) {
    immediate(7, to, value);
  }

  void shl(Gpr to, int bits) {
    shift(4, to, bits);
  }

  void shr(Gpr to, int bits) {
    shift(5, to, bits);
  }

  void sar(Gpr to, int bits) {
    shift(7, to, bits);
  }

  void neg(Gpr to) {
    rexW(0, to);
    put(0xF7);
    modrm(3, to, 1, 0);
  }

  /// Keeps the lowest `count` bits of `from` (BMI2).
  void bzhi(Gpr to, Gpr from, Gpr count) {
    put(0xC4);
    put(((to.number() >> 3) ^ 1) << 7 | 1 << 6 | ((from.number() >> 3) ^ 1) << 5 | 2);
    put(1 << 7 | (~count.number() & 15) << 3);
    put(0xF5);
    modrm(to.number(), from, 1, 0);
  }

  void cmov(Condition condition, Gpr to, Operand from) {
    rex(1, to.number(), from);
    put(0x0F, 0x40 | condition.code);
    modrm(to.number(), from, 1, 0);
  }

  void push(Gpr register) {
    if (register.number() >= 8) {
      put(0x41);
    }
    put(0x50 | (register.number() & 7));
  }

  void pop(Gpr register) {
    if (register.number() >= 8) {
      put(0x41);
    }
    put(0x58 | (register.number() & 7));
  }

  void ret() {
    put(0xC3);
  }

  void cpuid() {
    put(0x0F, 0xA2);
  }

  void xgetbv() {
    put(0x0F, 0x01, 0xD0);
  }

  /// Fetches the line at `address` into all caches.
  void prefetch(Address address) {
    rex(0, 1, address);
    put(0x0F, 0x18);
    modrm(1, address, 1, 0);
  }

  /// Fetches the line at `address` into the second-level cache and those beyond.
  void prefetchToSecondLevel(Address address) {
    rex(0, 2, address);
    put(0x0F, 0x18);
    modrm(2, address, 1, 0);
  }

  /// Fetches the line at `address` to be written.
  void prefetchToWrite(Address address) {
    rex(0, 1, address);
    put(0x0F, 0x0D);
    modrm(1, address, 1, 0);
  }

  // ---- control ----

  void bind(Label label) {
    if (label.position >= 0) {
      throw new IllegalStateException("a label is bound once");
    }
    label.position = size;
  }

  void jmp(Label target) {
    if (target.position >= 0 && size + 2 - target.position <= 128) {
      put(0xEB, target.position - (size + 2));
    } else {
      put(0xE9);
      fix(target);
    }
  }

  void jump(Condition condition, Label target) {
    if (target.position >= 0 && size + 2 - target.position <= 128) {
      put(0x70 | condition.code, target.position - (size + 2));
    } else {
      put(0x0F, 0x80 | condition.code);
      fix(target);
    }
  }

  /// Fills with one-byte no-operations up to a multiple of `alignment`, where data follows code.
  void align(int alignment) {
    while (size % alignment != 0) {
      put(0x90);
    }
  }

  /// Fills up to a multiple of `alignment` with few long no-operations, where code follows.
  void alignCode(int alignment) {
    int missing = (alignment - size % alignment) % alignment;
    while (missing > 0) {
      int n = Math.min(missing, 9);
      switch (n) {
        case 1 -> put(0x90);
        case 2 -> put(0x66, 0x90);
        case 3 -> put(0x0F, 0x1F, 0x00);
        case 4 -> put(0x0F, 0x1F, 0x40, 0);
        case 5 -> put(0x0F, 0x1F, 0x44, 0, 0);
        case 6 -> put(0x66, 0x0F, 0x1F, 0x44, 0, 0);
        case 7 -> put(0x0F, 0x1F, 0x80, 0, 0, 0, 0);
        case 8 -> put(0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0);
        default -> put(0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0);
      }
      missing -= n;
    }
  }

  /// Appends four bytes of data.
  void putInt(int value) {
    put(value, value >> 8, value >> 16, value >> 24);
  }

  /// The number of bytes so far.
  int size() {
    return size;
  }

  /// The finished code, all labels resolved.
  byte[] toBytes() {
    for (Fixup fixup : fixups) {
      if (fixup.label.position < 0) {
        throw new IllegalStateException("a label is used but never bound");
      }
      int distance = fixup.label.position + fixup.addend - fixup.end;
      for (int i = 0; i < 4; i++) {
        code[fixup.at + i] = (byte) (distance >> (8 * i));
      }
    }
    return Arrays.copyOf(code, size);
  }

  // ---- encoding ----

  private void fix(Label target) {
    fixups.add(new Fixup(size, size + 4, 0, target));
    putInt(0);
  }

  private void integer(int opcode, Gpr reg, Operand rm) {
    rex(1, reg.number(), rm);
    put(opcode);
    modrm(reg.number(), rm, 1, 0);
  }

  private void immediate(int digit, Gpr to, int value) {
    rexW(0, to);
    if (value >= -128 && value <= 127) {
      put(0x83);
      modrm(digit, to, 1, 1);
      put(value);
    } else {
      put(0x81);
      modrm(digit, to, 1, 4);
      putInt(value);
    }
  }

  private void shift(int digit, Gpr to, int bits) {
    rexW(0, to);
    put(0xC1);
    modrm(digit, to, 1, 1);
    put(bits);
  }

  private void rexW(int reg, Gpr rm) {
    rex(1, reg, rm);
  }

  private void rex(int w, int reg, Operand rm) {
    int prefix = 0x40 | w << 3 | (reg >> 3 & 1) << 2 | indexBit(rm) << 1 | baseBit(rm);
    if (prefix != 0x40) {
      put(prefix);
    }
  }

  private static int indexBit(Operand rm) {
    return rm instanceof Address a && a.index() != null ? a.index().number() >> 3 : 0;
  }

  private static int baseBit(Operand rm) {
    if (rm instanceof Address a) {
      return a.base() == null ? 0 : a.base().number() >> 3;
    }
    return number(rm) >> 3 & 1;
  }

  private static int number(Operand operand) {
    // Not a switch over patterns: those are linked at their first use, which a cold start feels.
    if (operand instanceof Vec vec) {
      return vec.number();
    }
    if (operand instanceof Gpr gpr) {
      return gpr.number();
    }
    if (operand instanceof Mask mask) {
      return mask.number();
    }
    if (operand instanceof Tile tile) {
      return tile.number();
    }
    throw new IllegalArgumentException("expected a register: received " + operand);
  }

  /// Emits ModRM, SIB and displacement; `following` bytes of immediate come after them.
  private void modrm(int reg, Operand rm, int scale, int following) {
    int field = (reg & 7) << 3;
    if (!(rm instanceof Address a)) {
      put(0xC0 | field | (number(rm) & 7));
      return;
    }
    if (a.label() != null) {
      put(field | 5);
      fixups.add(new Fixup(size, size + 4 + following, a.displacement(), a.label()));
      putInt(0);
      return;
    }
    Gpr base = base(a.base());
    int displacement = a.displacement();
    boolean small = displacement % scale == 0 && fitsByte(displacement / scale);
    // rbp and r13 as base need a displacement: their code without one means "relative to rip".
    int mod = displacement == 0 && (base.number() & 7) != 5 ? 0 : small ? 1 : 2;
    if (a.index() != null || (base.number() & 7) == 4) {
      int index = a.index() == null ? 4 : a.index().number() & 7;
      put(mod << 6 | field | 4);
      put(Integer.numberOfTrailingZeros(a.scale()) << 6 | index << 3 | (base.number() & 7));
    } else {
      put(mod << 6 | field | (base.number() & 7));
    }
    if (mod == 1) {
      put(displacement / scale);
    } else if (mod == 2) {
      putInt(displacement);
    }
  }

  private static Gpr base(@Nullable Gpr base) {
    if (base == null) {
      throw new IllegalArgumentException("an address without a label needs a base");
    }
    return base;
  }

  private static boolean fitsByte(int value) {
    return value >= -128 && value <= 127;
  }

  private void put(int... values) {
    if (size + values.length > code.length) {
      code = Arrays.copyOf(code, code.length * 2);
    }
    for (int value : values) {
      code[size++] = (byte) value;
    }
  }
}
