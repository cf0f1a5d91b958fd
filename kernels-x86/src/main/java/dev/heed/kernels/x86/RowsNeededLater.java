package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Rows in memory that a thread will need after its current head. A step that computes leaves the
/// memory idle: with each tile of registers it fetches a group of these rows into the second-level
/// cache.
///
/// A list in memory has an entry of three integers for each range of rows: the address of the first,
/// the bytes between them, and how many groups there are; an entry without groups ends it.
final class RowsNeededLater {
  /// Slots of the argument block of every step: the rest of the current range, and of the list.
  private static final int ADDRESS = 26;

  private static final int STRIDE = 27;
  private static final int GROUPS = 28;
  private static final int LIST = 29;

  private static final int ENTRY = 24;
  private static final int MOST_RANGES = 8;

  /// Bytes of the list.
  static final int BYTES = (MOST_RANGES + 1) * ENTRY;

  /// Lines in a group: about as many as can be under way at once.
  private static final int LINES = 32;

  private final int width;
  private final MemorySegment list;
  private int ranges;

  /// An empty list in `list`.
  ///
  /// @param width the floats of a row, as for [#fetch]
  RowsNeededLater(int width, MemorySegment list, Arguments arguments) {
    this.width = width;
    this.list = list;
    end();
    arguments.set(GROUPS, 0L).set(LIST, list.address());
  }

  /// Adds `count` rows `stride` bytes apart.
  void add(long firstRow, long stride, int count) {
    long at = (long) ranges * ENTRY;
    int rows = rowsInGroup(width);
    list.set(ValueLayout.JAVA_LONG, at, firstRow);
    list.set(ValueLayout.JAVA_LONG, at + 8, stride);
    list.set(ValueLayout.JAVA_LONG, at + 16, (count + rows - 1) / rows);
    ranges++;
    end();
  }

  private void end() {
    list.set(ValueLayout.JAVA_LONG, (long) ranges * ENTRY + 16, 0);
  }

  private static int linesInRow(int width) {
    return (4 * width + 63) / 64;
  }

  private static int rowsInGroup(int width) {
    return Math.max(1, LINES / linesInRow(width));
  }

  /// Emits what fetches the next group of rows of `width` floats.
  static void fetch(VectorCode code, int width) {
    Assembler asm = code.asm;
    Label ready = new Label();
    Label end = new Label();
    try (var _ = code.scope()) {
      Gpr groups = code.argument(GROUPS);
      Gpr row = code.argument(ADDRESS);
      Gpr stride = code.argument(STRIDE);
      asm.sub(groups, 1);
      asm.jump(Condition.NOT_LESS, ready);
      Gpr entry = code.argument(LIST);
      asm.mov(groups, Address.at(entry, 16));
      asm.sub(groups, 1);
      asm.jump(Condition.LESS, end);
      asm.mov(row, Address.at(entry));
      asm.mov(stride, Address.at(entry, 8));
      asm.mov(VectorCode.slot(STRIDE), stride);
      asm.add(entry, ENTRY);
      asm.mov(VectorCode.slot(LIST), entry);
      asm.bind(ready);
      asm.mov(VectorCode.slot(GROUPS), groups);
      for (int i = 0; i < rowsInGroup(width); i++) {
        for (int line = 0; line < linesInRow(width); line++) {
          asm.prefetchToSecondLevel(Address.at(row, 64 * line));
        }
        asm.add(row, stride);
      }
      asm.mov(VectorCode.slot(ADDRESS), row);
    }
    asm.bind(end);
  }
}
