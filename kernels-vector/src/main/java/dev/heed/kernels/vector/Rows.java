package dev.heed.kernels.vector;

import dev.heed.tensor.Parallel;
import java.lang.foreign.MemorySegment;

/// Cuts work over rows into tasks by its size, and adds up over rows in a fixed order.
final class Rows {
  /// Elements that make a task worth a thread.
  private static final long WORK = 1 << 15;

  private Rows() {}

  /// Rows `first` … `end` − 1 of a task.
  interface Range {
    void run(long first, long end);
  }

  /// Runs `body` over ranges of rows of about equal work.
  static void forRows(long rows, long workPerRow, Range body) {
    long rowsPerTask = Math.max(1, WORK / Math.max(1, workPerRow));
    int tasks = Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask);
    Parallel.run(
        tasks, task -> body.run(task * rowsPerTask, Math.min(rows, (task + 1) * rowsPerTask)));
  }

  /// A part of an array: `count` floats from byte `offset` on.
  interface Part {
    void run(long offset, int count);
  }

  /// Runs `body` over parts of an array of `elements` floats.
  static void forElements(long elements, int workPerElement, Part body) {
    forRows(
        elements,
        workPerElement,
        (first, end) -> body.run(4 * first, Math.toIntExact(end - first)));
  }

  /// Adds rows into a row of its own for each task.
  interface Adding {
    void run(long first, long end, MemorySegment sums, long offset);
  }

  /// sums [width] += what `body` adds up: of ranges of rows first, then of the ranges in order.
  ///
  /// @param columns the elements of a row of the input
  static void addUp(long rows, long columns, int width, Adding body, Sums sums) {
    // At least 32 rows, so that adding up the ranges stays a small part of the work.
    long rowsPerTask = Math.max(32, WORK / Math.max(1, columns));
    int tasks = Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask);
    if (tasks == 0 || width == 0) {
      return;
    }
    try (Scratch scratch = Scratch.take((long) tasks * width)) {
      MemorySegment memory = scratch.memory();
      Parallel.run(
          tasks,
          task -> {
            long offset = 4L * task * width;
            memory.asSlice(offset, 4L * width).fill((byte) 0);
            long first = task * rowsPerTask;
            body.run(first, Math.min(rows, first + rowsPerTask), memory, offset);
          });
      for (int task = 0; task < tasks; task++) {
        sums.add(memory, 4L * task * width);
      }
    }
  }

  /// Takes the sums of one range of rows.
  interface Sums {
    void add(MemorySegment part, long offset);
  }

  /// sums [width] += the sum of the rows of x.
  static void addColumnSums(MemorySegment x, int rows, int width, MemorySegment sums) {
    addUp(
        rows,
        width,
        width,
        (first, end, part, offset) -> {
          for (long row = first; row < end; row++) {
            Elementwise.add(part, offset, x, 4 * row * width, 1, part, offset, width);
          }
        },
        (part, offset) -> Elementwise.add(sums, 0, part, offset, 1, sums, 0, width));
  }
}
