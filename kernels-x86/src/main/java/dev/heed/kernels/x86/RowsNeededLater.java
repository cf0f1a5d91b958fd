package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Rows in memory that a thread will need after its current head. A step that computes leaves the
/// memory idle: between its multiplications it fetches these rows into the second-level cache,
/// evenly, since a burst would hold up its own loads.
///
/// A list in memory has an entry of three integers for each range of rows: the address of the
/// first, the bytes between them, and how many there are; an entry without rows ends it.
final class RowsNeededLater {
  /// Slots of the argument block of every step: the rest of the current range, and of the list.
  private static final int ADDRESS = 26;

  private static final int STRIDE = 27;
  private static final int ROWS = 28;
  private static final int LIST = 29;

  private static final int ENTRY = 24;
  private static final int MOST_RANGES = 8;

  /// Bytes of the list.
  static final int BYTES = (MOST_RANGES + 1) * ENTRY;

  private final MemorySegment list;
  private int ranges;

  /// An empty list in `list`, for the steps that get `arguments`.
  RowsNeededLater(MemorySegment list, Arguments arguments) {
    this.list = list;
    end();
    arguments.set(ROWS, 0L).set(LIST, list.address());
  }

  /// Adds `count` rows `stride` bytes apart.
  void add(long firstRow, long stride, int count) {
    long at = (long) ranges * ENTRY;
    list.set(ValueLayout.JAVA_LONG, at, firstRow);
    list.set(ValueLayout.JAVA_LONG, at + 8, stride);
    list.set(ValueLayout.JAVA_LONG, at + 16, count);
    ranges++;
    end();
  }

  private void end() {
    list.set(ValueLayout.JAVA_LONG, (long) ranges * ENTRY + 16, 0);
  }

  /// Emits the fetching, one row for each turn of a loop.
  static final class Cursor {
    private final Assembler asm;
    private final int lines;
    private final Gpr row;
    private final Gpr stride;

    /// Begins a loop; takes two registers.
    ///
    /// @param width the floats of a row
    /// @param cached holds an address in the first-level cache, fetched where no rows are left
    /// @param free a register whose content may be lost
    Cursor(VectorCode code, int width, Gpr cached, Gpr free) {
      this.asm = code.asm;
      this.lines = (4 * width + 63) / 64;
      this.row = code.argument(ADDRESS);
      this.stride = code.argument(STRIDE);
      Label begun = new Label();
      Label none = new Label();
      asm.mov(free, VectorCode.slot(ROWS));
      asm.test(free, free);
      asm.jump(Condition.GREATER, begun);
      asm.mov(row, VectorCode.slot(LIST));
      asm.mov(free, Address.at(row, 16));
      asm.test(free, free);
      asm.jump(Condition.ZERO, none);
      asm.mov(VectorCode.slot(ROWS), free);
      asm.mov(stride, Address.at(row, 8));
      asm.mov(VectorCode.slot(STRIDE), stride);
      asm.lea(free, Address.at(row, ENTRY));
      asm.mov(VectorCode.slot(LIST), free);
      asm.mov(row, Address.at(row));
      asm.jmp(begun);
      asm.bind(none);
      asm.mov(row, cached);
      asm.xor(stride, stride);
      asm.bind(begun);
    }

    /// Fetches the part of a row that falls to step `step` of a turn's `steps`.
    void fetch(int step, int steps) {
      for (int line = lines * step / steps; line < lines * (step + 1) / steps; line++) {
        asm.prefetchToSecondLevel(Address.at(row, 64 * line));
      }
    }

    /// Ends a turn.
    void next() {
      asm.add(row, stride);
    }

    /// Ends the loop, of which `turns` holds the number of turns.
    void end(Gpr turns) {
      asm.mov(VectorCode.slot(ADDRESS), row);
      asm.mov(stride, VectorCode.slot(ROWS));
      asm.sub(stride, turns);
      asm.mov(VectorCode.slot(ROWS), stride);
    }
  }
}
