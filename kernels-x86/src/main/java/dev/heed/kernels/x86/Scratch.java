package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/// Memory for one task's intermediate values, with an argument block in front; pooled by size.
///
/// Taken with [#take], given back by closing. As many exist as tasks ever ran at once.
final class Scratch implements AutoCloseable {
  private static final int SIZES = 48;
  private static final int SMALLEST = 12;
  private static final long ARGUMENT_BYTES = 8L * Arguments.SLOTS;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static final ConcurrentLinkedDeque<Scratch>[] POOL = new ConcurrentLinkedDeque[SIZES];

  static {
    for (int i = 0; i < SIZES; i++) {
      POOL[i] = new ConcurrentLinkedDeque<>();
    }
  }

  private final int size;
  private final MemorySegment memory;
  private final Arguments arguments;

  private Scratch(int size) {
    this.size = size;
    // A page's alignment: packed panels then start where their first lines do not share sets.
    this.memory = Arena.ofAuto().allocate(1L << size, 4096);
    this.arguments = new Arguments(memory);
  }

  /// Memory for at least `floats` floats, with undefined content.
  static Scratch take(long floats) {
    long bytes = ARGUMENT_BYTES + 4 * floats;
    int size = Math.max(SMALLEST, 64 - Long.numberOfLeadingZeros(bytes - 1));
    Scratch pooled = POOL[size].pollFirst();
    return pooled != null ? pooled : new Scratch(size);
  }

  /// The argument block of the kernels that the task calls.
  Arguments arguments() {
    return arguments;
  }

  /// The memory without the argument block.
  MemorySegment memory() {
    return memory.asSlice(ARGUMENT_BYTES);
  }

  /// The address of the first float, at a multiple of 64.
  long address() {
    return memory.address() + ARGUMENT_BYTES;
  }

  @Override
  public void close() {
    POOL[size].addFirst(this);
  }
}
