package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.VectorOp.*;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Emits products of small matrices that lie in the caches, C = A·B, as tiles of C in registers.
///
/// All strides are known while emitting, so that one register addresses all of A: attention brings
/// its operands into scratch memory first. Each element of C is summed in ascending order of the
/// inner dimension.
///
/// @param aRow bytes between rows of A
/// @param aStep bytes between columns of A
/// @param bRow bytes between rows of B
/// @param halves whether A and B hold pairs of bfloat16, two steps of the inner dimension in the 32
///   bits of a float
/// @param skipsZeros whether a zero in A contributes nothing even where B has NaN or ∞; slow
/// @param fetchedWidth the floats of the rows that are fetched meanwhile, see [RowsNeededLater]
record TileProduct(
    int aRow, int aStep, int bRow, boolean halves, boolean skipsZeros, int fetchedWidth) {
  private static final int LOG_UNROLL = 3;
  private static final int UNROLL = 1 << LOG_UNROLL;

  /// A part of a row as wide as the tiles that cover it.
  interface Panel {
    /// @param vectors the width
    /// @param at where the panel starts in a row
    void emit(int vectors, Column at);
  }

  /// A place in a row: a number of bytes, part of it known only at run time.
  record Column(@Nullable Gpr index, int displacement) {
    /// The place in the row that starts at `row`.
    Address of(Gpr row, int bytes) {
      return index == null
          ? Address.at(row, displacement + bytes)
          : Address.at(row, index, 1, displacement + bytes);
    }

    /// A register with the place in the row whose address is in `slot` of the argument block.
    Gpr inArgument(VectorCode code, int slot) {
      Gpr gpr = code.argument(slot);
      code.asm.lea(gpr, of(gpr, 0));
      return gpr;
    }
  }

  /// How many rows a tile of `vectors` columns has, such that its sums fill the registers.
  int rows(Level level, int vectors) {
    if (skipsZeros) {
      return 1;
    }
    if (!level.isWide()) {
      return vectors == 1 ? 12 : 6;
    }
    return switch (vectors) {
      case 1, 2 -> 12;
      case 3 -> 8;
      default -> 6;
    };
  }

  /// Emits `body` for each panel of a row of `vectors`, a loop where several are equally wide.
  static void forPanels(VectorCode code, int vectors, Panel body) {
    int widest = code.level.isWide() ? 4 : 2;
    int count = (vectors + widest - 1) / widest;
    int narrow = vectors / count;
    int wider = vectors % count;
    forEqualPanels(code, 0, wider, narrow + 1, body);
    forEqualPanels(code, wider * (narrow + 1), count - wider, narrow, body);
  }

  private static void forEqualPanels(
      VectorCode code, int firstVector, int count, int vectors, Panel body) {
    int from = firstVector * code.bytes;
    if (count == 1) {
      body.emit(vectors, new Column(null, from));
    } else if (count > 1) {
      Gpr at = code.gpr();
      Label top = new Label();
      code.asm.mov(at, from);
      code.asm.bind(top);
      body.emit(vectors, new Column(at, 0));
      code.asm.add(at, vectors * code.bytes);
      code.asm.cmp(at, from + count * vectors * code.bytes);
      code.asm.jump(Condition.LESS, top);
      code.free(at);
    }
  }

  /// Emits `body` for groups of `largest` rows, then of fewer, until `rest`, which it counts down,
  /// is 0.
  static void forRows(VectorCode code, Gpr rest, int largest, IntConsumer body) {
    int previous = 0;
    for (int size : new int[] {largest, Math.min(largest, 4), 2, 1}) {
      if (size == previous || size > largest) {
        continue;
      }
      previous = size;
      Label top = new Label();
      Label end = new Label();
      code.asm.bind(top);
      code.asm.cmp(rest, size);
      code.asm.jump(Condition.LESS, end);
      body.accept(size);
      code.asm.sub(rest, size);
      code.asm.jmp(top);
      code.asm.bind(end);
    }
  }

  /// Emits one tile.
  ///
  /// @param a holds the address of A's first row
  /// @param b holds the address of B's first row
  /// @param steps the inner dimension, in pairs where there are pairs: a register, which stays as
  ///   it was
  /// @param start sets the sums
  /// @param finish uses the sums; the registers of A and B are free again
  void emit(
      VectorCode code,
      int rows,
      int vectors,
      Gpr a,
      Gpr b,
      Gpr steps,
      Consumer<Vec[][]> start,
      Consumer<Vec[][]> finish) {
    try (var _ = code.scope()) {
      Vec[][] sums = new Vec[rows][vectors];
      for (Vec[] row : sums) {
        for (int v = 0; v < vectors; v++) {
          row[v] = code.vec();
        }
      }
      start.accept(sums);
      try (var _ = code.scope()) {
        new Loop(code, sums, a, b, steps).emit();
      }
      finish.accept(sums);
    }
  }

  /// Sets all sums to zero.
  static void clear(VectorCode code, Vec[][] sums) {
    for (Vec[] row : sums) {
      for (Vec sum : row) {
        code.clear(sum);
      }
    }
  }

  private final class Loop {
    private final VectorCode code;
    private final Assembler asm;
    private final Vec[][] sums;
    private final Vec[] b;
    private final Vec[] a = new Vec[2];
    private final Gpr aAt;
    private final Gpr bAt;
    private final Gpr rest;
    private final Gpr steps;

    Loop(VectorCode code, Vec[][] sums, Gpr aFrom, Gpr bFrom, Gpr steps) {
      this.code = code;
      this.steps = steps;
      this.asm = code.asm;
      this.sums = sums;
      this.b = new Vec[sums[0].length];
      for (int v = 0; v < b.length; v++) {
        b[v] = code.vec();
      }
      a[0] = code.vec();
      a[1] = code.vec();
      aAt = code.gpr();
      bAt = code.gpr();
      rest = code.gpr();
      asm.mov(aAt, aFrom);
      asm.mov(bAt, bFrom);
    }

    void emit() {
      Label single = new Label();
      Label end = new Label();
      Label top = new Label();
      RowsNeededLater.Cursor later = new RowsNeededLater.Cursor(code, fetchedWidth, aAt, rest);
      asm.mov(rest, steps);
      asm.sub(rest, UNROLL);
      asm.jump(Condition.LESS, single);
      asm.alignCode(32);
      asm.bind(top);
      for (int i = 0; i < UNROLL; i++) {
        step(i);
        later.fetch(i, UNROLL);
      }
      later.next();
      asm.add(aAt, UNROLL * aStep);
      asm.add(bAt, UNROLL * bRow);
      asm.sub(rest, UNROLL);
      asm.jump(Condition.NOT_LESS, top);
      asm.bind(single);
      asm.add(rest, UNROLL);
      asm.jump(Condition.ZERO, end);
      Label one = new Label();
      asm.bind(one);
      step(0);
      asm.add(aAt, aStep);
      asm.add(bAt, bRow);
      asm.sub(rest, 1);
      asm.jump(Condition.NOT_ZERO, one);
      asm.bind(end);
      asm.mov(rest, steps);
      asm.shr(rest, LOG_UNROLL);
      later.end(rest);
    }

    private void step(int i) {
      if (skipsZeros && halves) {
        unlessZero(i, 0, 15, 0xFFFF);
        unlessZero(i, 16, 15, 0xFFFF_0000);
      } else if (skipsZeros) {
        unlessZero(i, 0, 31, -1);
      } else {
        multiply(i, -1);
      }
    }

    /// Multiplies if the `count` bits of A from `first` on are not zero, which leave out the sign:
    /// −0 contributes nothing either.
    private void unlessZero(int i, int first, int count, int part) {
      Label skip = new Label();
      Gpr bits = code.gpr();
      asm.mov32(bits, Address.at(aAt, i * aStep));
      asm.shr(bits, first);
      asm.shl(bits, 64 - count);
      asm.jump(Condition.ZERO, skip);
      code.free(bits);
      multiply(i, part);
      asm.bind(skip);
    }

    /// @param part the bits of A and B that take part
    private void multiply(int i, int part) {
      for (int v = 0; v < b.length; v++) {
        asm.emit(VMOVUPS, b[v], Address.at(bAt, i * bRow + v * code.bytes));
        if (part != -1) {
          code.and(b[v], b[v], code.constantBits(part));
        }
      }
      for (int r = 0; r < sums.length; r++) {
        Vec element = a[r & 1];
        asm.emit(VBROADCASTSS, element, Address.at(aAt, i * aStep + r * aRow));
        if (part != -1) {
          code.and(element, element, code.constantBits(part));
        }
        for (int v = 0; v < b.length; v++) {
          asm.emit(halves ? VDPBF16PS : VFMADD231PS, sums[r][v], element, b[v]);
        }
      }
    }
  }
}
