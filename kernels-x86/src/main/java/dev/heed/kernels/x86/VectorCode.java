package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Writes one kernel: registers on demand, constants, loops over vectors with a masked end.
///
/// The same program gives AVX2 code (8 lanes, 16 registers) or AVX-512 code (16 lanes, 32
/// registers, masks). Registers are taken with [#vec] and [#gpr] and given back with `free`; a
/// [Scope] gives back what was taken since it was opened. Running out of registers is an error
/// while emitting.
final class VectorCode {
  /// Predicates of [#select]: the comparison is false where an operand is NaN.
  static final int LESS = 0x11;

  static final int NOT_GREATER = 0x12;
  static final int EQUAL = 0x00;
  static final int GREATER = 0x1E;
  static final int NOT_LESS = 0x1D;

  private static final List<Gpr> GENERAL =
      List.of(
          Gpr.RAX, Gpr.RCX, Gpr.RDX, Gpr.RSI, Gpr.R8, Gpr.R9, Gpr.R10, Gpr.R11, Gpr.RBX, Gpr.RBP,
          Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);
  private static final Mask TAIL = new Mask(1);
  private static final Mask CHOICE = new Mask(2);

  final Assembler asm = new Assembler();
  final Level level;

  /// Floats in a vector.
  final int lanes;

  /// Bytes in a vector.
  final int bytes;

  private final boolean windows = ExecutableMemory.isWindows();
  private final ArrayDeque<Gpr> freeGprs = new ArrayDeque<>(GENERAL);
  private final ArrayDeque<Integer> freeVecs = new ArrayDeque<>();
  private final List<Object> taken = new ArrayList<>();
  private final Map<Integer, Label> constants = new LinkedHashMap<>();
  private final Map<Label, int[]> tables = new LinkedHashMap<>();
  private @Nullable Label maskTable;
  private @Nullable Vec tailVec;
  private boolean inTail;
  private @Nullable Gpr index;

  VectorCode(Level level) {
    this.level = level;
    this.lanes = level.lanes();
    this.bytes = 4 * lanes;
    for (int i = 0; i < level.registers(); i++) {
      freeVecs.add(i);
    }
    Frame.enter(asm, windows);
  }

  /// Ends the kernel and returns its code.
  byte[] finish() {
    Frame.leave(asm, windows);
    asm.align(64);
    if (maskTable != null) {
      asm.bind(maskTable);
      for (int i = 0; i < 16; i++) {
        asm.putInt(i < 8 ? -1 : 0);
      }
    }
    tables.forEach((label, values) -> {
      asm.align(64);
      asm.bind(label);
      for (int value : values) {
        asm.putInt(value);
      }
    });
    constants.forEach((bits, label) -> {
      asm.bind(label);
      for (int i = 0; i < (level.isWide() ? 1 : lanes); i++) {
        asm.putInt(bits);
      }
    });
    return asm.toBytes();
  }

  // ---- registers ----

  /// A free vector register of full width.
  Vec vec() {
    Integer number = freeVecs.poll();
    if (number == null) {
      throw new IllegalStateException("no vector register is free");
    }
    Vec vec = new Vec(number, bytes, 0, false);
    taken.add(vec);
    return vec;
  }

  /// A free general-purpose register.
  Gpr gpr() {
    Gpr gpr = freeGprs.poll();
    if (gpr == null) {
      throw new IllegalStateException("no general-purpose register is free");
    }
    taken.add(gpr);
    return gpr;
  }

  void free(Object... registers) {
    for (Object register : registers) {
      if (!release(register)) {
        throw new IllegalStateException(register + " is not taken");
      }
      if (register instanceof Gpr gpr) {
        freeGprs.addFirst(gpr);
      } else if (register instanceof Vec vec) {
        freeVecs.addFirst(vec.number());
      }
    }
  }

  private boolean release(Object register) {
    for (int i = taken.size() - 1; i >= 0; i--) {
      Object other = taken.get(i);
      if (other == register
          || other instanceof Vec a && register instanceof Vec b && a.number() == b.number()) {
        taken.remove(i);
        return true;
      }
    }
    return false;
  }

  /// Gives back, when closed, every register that was taken since it was opened.
  final class Scope implements AutoCloseable {
    private final int before = taken.size();

    @Override
    public void close() {
      while (taken.size() > before) {
        free(taken.getLast());
      }
    }
  }

  Scope scope() {
    return new Scope();
  }

  // ---- arguments and constants ----

  /// A register with the integer or address in `slot` of the argument block.
  Gpr argument(int slot) {
    Gpr gpr = gpr();
    asm.mov(gpr, slot(slot));
    return gpr;
  }

  /// The float in `slot` of the argument block, in all lanes.
  Vec floatArgument(int slot) {
    Vec vec = vec();
    asm.emit(VBROADCASTSS, vec, slot(slot));
    return vec;
  }

  /// Where `slot` of the argument block lies.
  static Address slot(int slot) {
    return Address.at(Frame.ARGUMENTS, 8 * slot);
  }

  /// `value` in all lanes, as an operand in memory.
  Address constant(float value) {
    return constantBits(Float.floatToRawIntBits(value));
  }

  Address constantBits(int bits) {
    Address address = pooled(bits);
    return level.isWide() ? address.broadcastOne() : address;
  }

  /// Where the constant with these bits lies, as one element.
  Address pooled(int bits) {
    return Address.at(constants.computeIfAbsent(bits, b -> new Label()), 0);
  }

  /// `value` in all lanes of a new register.
  Vec constantVec(float value) {
    Vec vec = vec();
    broadcastConstant(vec, value);
    return vec;
  }

  /// `to = value` in all lanes.
  void broadcastConstant(Vec to, float value) {
    asm.emit(VBROADCASTSS, to, pooled(Float.floatToRawIntBits(value)));
  }

  /// `to = values`, one a lane.
  void loadConstants(Vec to, int[] values) {
    Label label = new Label();
    tables.put(label, values.clone());
    asm.emit(VMOVUPS, to, Address.at(label, 0));
  }

  /// A register with zero in all lanes.
  Vec zero() {
    Vec vec = vec();
    clear(vec);
    return vec;
  }

  void clear(Vec vec) {
    asm.emit(VXORPS, vec, vec, vec);
  }

  // ---- loops ----

  /// Runs `body` while `count`, which it counts down to zero, is positive.
  void countDown(Gpr count, Runnable body) {
    Label end = new Label();
    asm.test(count, count);
    asm.jump(Condition.NOT_GREATER, end);
    asm.alignCode(16);
    Label top = new Label();
    asm.bind(top);
    body.run();
    asm.sub(count, 1);
    asm.jump(Condition.NOT_ZERO, top);
    asm.bind(end);
  }

  /// Runs `body` where `value`, an address perhaps, is not 0.
  void ifNotZero(Gpr value, Runnable body) {
    Label end = new Label();
    asm.test(value, value);
    asm.jump(Condition.ZERO, end);
    body.run();
    asm.bind(end);
  }

  /// Runs `body` for each run of the integer in slot `all`, with how long it is in a register that
  /// it may change: as the integer in slot `run` says, but the last run may be shorter.
  void forRuns(int all, int run, Consumer<Gpr> body) {
    Gpr left = argument(all);
    Gpr count = gpr();
    Label end = new Label();
    Label top = new Label();
    asm.bind(top);
    asm.test(left, left);
    asm.jump(Condition.NOT_GREATER, end);
    asm.mov(count, left);
    asm.cmp(count, slot(run));
    asm.cmov(Condition.GREATER, count, slot(run));
    body.accept(count);
    asm.sub(left, slot(run));
    asm.jmp(top);
    asm.bind(end);
    free(left, count);
  }

  /// Runs `body` for each vector of `count` floats: the index in the argument is which of `unroll`
  /// copies it is, and [#at] gives the vector's place in an array. The last vector may be partial:
  /// then [#load] gives zeros beyond the end and [#store] leaves what is there.
  ///
  /// `count` stays as it was.
  void forVectors(Gpr count, int unroll, IntConsumer body) {
    Gpr rest = gpr();
    Gpr offset = gpr();
    Gpr outer = index;
    index = offset;
    asm.mov(rest, count);
    asm.xor(offset, offset);
    if (unroll > 1) {
      strides(rest, offset, unroll, body);
    }
    strides(rest, offset, 1, body);
    Label end = new Label();
    asm.test(rest, rest);
    asm.jump(Condition.ZERO, end);
    tail(rest, () -> body.accept(0));
    asm.bind(end);
    index = outer;
    free(rest, offset);
  }

  private void strides(Gpr rest, Gpr offset, int unroll, IntConsumer body) {
    Label check = new Label();
    Label top = new Label();
    asm.sub(rest, unroll * lanes);
    asm.jump(Condition.LESS, check);
    asm.alignCode(16);
    asm.bind(top);
    for (int i = 0; i < unroll; i++) {
      body.accept(i);
    }
    asm.add(offset, unroll * bytes);
    asm.sub(rest, unroll * lanes);
    asm.jump(Condition.NOT_LESS, top);
    asm.bind(check);
    asm.add(rest, unroll * lanes);
  }

  /// Runs `body` with loads and stores limited to the first `count` lanes, 1…[#lanes].
  void tail(Gpr count, Runnable body) {
    mask(count);
    inTail = true;
    body.run();
    inTail = false;
    unmask();
  }

  /// From here on [#loadMasked] and [#storeMasked] touch the first `count` lanes only. `count` is
  /// 1…[#lanes] and stays as it was.
  void mask(Gpr count) {
    Gpr scratch = gpr();
    if (level.isWide()) {
      asm.mov(scratch, -1);
      asm.bzhi(scratch, scratch, count);
      asm.emit(KMOVW, TAIL, scratch);
    } else {
      if (maskTable == null) {
        maskTable = new Label();
      }
      Label table = maskTable;
      Vec mask = vec();
      tailVec = mask;
      asm.lea(scratch, Address.at(table, 32));
      asm.shl(count, 2);
      asm.sub(scratch, count);
      asm.shr(count, 2);
      asm.emit(VMOVUPS, mask, Address.at(scratch));
    }
    free(scratch);
  }

  /// Gives back what [#mask] took.
  void unmask() {
    if (tailVec != null) {
      free(tailVec);
      tailVec = null;
    }
  }

  /// Whether the code being emitted is for a partial vector.
  boolean inTail() {
    return inTail;
  }

  /// The current vector of the array at `base`, `unrolled` vectors further on.
  Address at(Gpr base, int unrolled) {
    return at(base, unrolled, 0);
  }

  /// The same, so many bytes further on.
  Address at(Gpr base, int unrolled, int displacement) {
    return Address.at(base, Objects.requireNonNull(index), 1, unrolled * bytes + displacement);
  }

  /// Sets `to` to where the current vector lies in arrays of 16 bits an element, in bytes.
  void halveIndex(Gpr to) {
    asm.mov(to, Objects.requireNonNull(index));
    asm.shr(to, 1);
  }

  // ---- memory ----

  void load(Vec to, Address from) {
    if (inTail) {
      loadMasked(to, from);
    } else {
      asm.emit(VMOVUPS, to, from);
    }
  }

  /// Loads a vector's lanes of bfloat16, which become F32.
  void loadHalves(Vec to, Address from) {
    asm.emit(VPMOVZXWD, inTail ? to.zeroUnder(TAIL) : to, from);
    asm.emitImmediate(VPSLLD, 16, to, to);
  }

  void store(Address to, Vec from) {
    if (inTail) {
      storeMasked(to, from);
    } else {
      asm.emit(VMOVUPS_STORE, to, from);
    }
  }

  void loadMasked(Vec to, Address from) {
    if (level.isWide()) {
      asm.emit(VMOVUPS, to.zeroUnder(TAIL), from);
    } else {
      asm.emit(VMASKMOVPS, to, Objects.requireNonNull(tailVec), from);
    }
  }

  void storeMasked(Address to, Vec from) {
    if (level.isWide()) {
      asm.emit(VMOVUPS_STORE, to.under(TAIL), from);
    } else {
      asm.emit(VMASKMOVPS_STORE, to, Objects.requireNonNull(tailVec), from);
    }
  }

  /// A new register with the vector at `from`.
  Vec load(Address from) {
    Vec vec = vec();
    load(vec, from);
    return vec;
  }

  /// The float at `from` in all lanes of `to`.
  void broadcast(Vec to, Address from) {
    asm.emit(VBROADCASTSS, to, from);
  }

  /// In a partial vector, sets the lanes beyond the end to `value`; elsewhere does nothing.
  void fillTail(Vec vec, float value) {
    if (inTail) {
      if (level.isWide()) {
        Vec filler = constantVec(value);
        asm.emit(VBLENDMPS, vec.under(TAIL), filler, vec);
        free(filler);
      } else {
        Vec filler = constantVec(value);
        asm.emit(VBLENDVPS, vec, filler, vec, Objects.requireNonNull(tailVec));
        free(filler);
      }
    }
  }

  // ---- arithmetic ----

  void move(Vec to, Vec from) {
    asm.emit(VMOVUPS, to, from);
  }

  void add(Vec to, Vec a, Operand b) {
    asm.emit(VADDPS, to, a, b);
  }

  void sub(Vec to, Vec a, Operand b) {
    asm.emit(VSUBPS, to, a, b);
  }

  void mul(Vec to, Vec a, Operand b) {
    asm.emit(VMULPS, to, a, b);
  }

  void div(Vec to, Vec a, Operand b) {
    asm.emit(VDIVPS, to, a, b);
  }

  void max(Vec to, Vec a, Operand b) {
    asm.emit(VMAXPS, to, a, b);
  }

  void min(Vec to, Vec a, Operand b) {
    asm.emit(VMINPS, to, a, b);
  }

  /// `sum += a·b`.
  void addProduct(Vec sum, Vec a, Operand b) {
    asm.emit(VFMADD231PS, sum, a, b);
  }

  /// `sum -= a·b`.
  void subProduct(Vec sum, Vec a, Operand b) {
    asm.emit(VFNMADD231PS, sum, a, b);
  }

  /// `x = x·factor + summand`.
  void mulAdd(Vec x, Vec factor, Operand summand) {
    asm.emit(VFMADD213PS, x, factor, summand);
  }

  void and(Vec to, Vec a, Operand b) {
    asm.emit(VANDPS, to, a, b);
  }

  void or(Vec to, Vec a, Operand b) {
    asm.emit(VORPS, to, a, b);
  }

  void xor(Vec to, Vec a, Operand b) {
    asm.emit(VXORPS, to, a, b);
  }

  /// Rounds to the nearest integer, ties to even.
  void round(Vec to, Vec from) {
    asm.emitImmediate(level.isWide() ? VRNDSCALEPS : VROUNDPS, 8, to, from);
  }

  /// `to = (a predicate b) ? yes : no`.
  void select(Vec to, int predicate, Vec a, Operand b, Operand yes, Vec no) {
    if (level.isWide()) {
      asm.emitImmediate(VCMPPS, predicate, CHOICE, a, b);
      asm.emit(VBLENDMPS, to.under(CHOICE), no, yes);
    } else {
      Vec chosen = vec();
      asm.emitImmediate(VCMPPS, predicate, chosen, a, b);
      asm.emit(VBLENDVPS, to, no, yes, chosen);
      free(chosen);
    }
  }

  /// Sets `x` to zero in the lanes where the whole number in `a` is not above that in `b`.
  void keepWhereGreater(Vec x, Vec a, Vec b) {
    if (level.isWide()) {
      asm.emit(VPCMPGTD, CHOICE, a, b);
      asm.emit(VMOVUPS, x.zeroUnder(CHOICE), x);
    } else {
      asm.emit(VPCMPGTD, a, a, b);
      and(x, x, a);
    }
  }

  /// `to = x · 2ⁿ` for whole n in −151…128; overflows to ∞ and underflows to 0 as a product would.
  void scaleByPowerOfTwo(Vec to, Vec x, Vec n) {
    if (level.isWide()) {
      asm.emit(VSCALEFPS, to, x, n);
      return;
    }
    // In two steps: 2ⁿ alone may be out of range. An exponent is whole numbers in bits 23…30.
    Vec half = vec();
    asm.emit(VCVTPS2DQ, n, n);
    asm.emitImmediate(VPSRAD, 1, half, n);
    asm.emit(VPSUBD, n, n, half);
    Address bias = constantBits(127);
    for (Vec part : new Vec[] {half, n}) {
      asm.emit(VPADDD, part, part, bias);
      asm.emitImmediate(VPSLLD, 23, part, part);
    }
    mul(to, x, half);
    mul(to, to, n);
    free(half);
  }

  // ---- reductions, always by halves: the order of the additions is fixed ----

  /// Sets all lanes of `x` to the sum of its lanes.
  void sumLanes(Vec x) {
    reduce(x, VADDPS);
  }

  /// Sets all lanes of `x` to its largest lane.
  void maxLanes(Vec x) {
    reduce(x, VMAXPS);
  }

  /// Sets all lanes of `x` to its largest magnitude, of which the signs are cleared already; a NaN
  /// is above all numbers. Bits of magnitudes are ordered as integers.
  void maxMagnitudeOfLanes(Vec x) {
    reduce(x, VPMAXSD);
  }

  /// The larger of magnitudes, in the order of [#maxMagnitudeOfLanes].
  void maxMagnitude(Vec to, Vec a, Operand b) {
    asm.emit(VPMAXSD, to, a, b);
  }

  private void reduce(Vec x, VectorOp op) {
    Vec y = vec();
    if (level.isWide()) {
      asm.emitImmediate(VSHUFF32X4, 0x4E, y, x, x);
      asm.emit(op, x, x, y);
      asm.emitImmediate(VSHUFF32X4, 0xB1, y, x, x);
      asm.emit(op, x, x, y);
    } else {
      asm.emitImmediate(VPERM2F128, 0x01, y, x, x);
      asm.emit(op, x, x, y);
    }
    asm.emitImmediate(VPERMILPS, 0x4E, y, x);
    asm.emit(op, x, x, y);
    asm.emitImmediate(VPERMILPS, 0xB1, y, x);
    asm.emit(op, x, x, y);
    free(y);
  }
}
