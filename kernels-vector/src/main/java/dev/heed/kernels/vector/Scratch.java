package dev.heed.kernels.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/// Memory for intermediate values, pooled by size: taken with [#take], given back by closing. As
/// many exist as were ever in use at once.
final class Scratch implements AutoCloseable {
  private static final int SIZES = 48;
  private static final int SMALLEST = 12;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static final ConcurrentLinkedDeque<Scratch>[] POOL = new ConcurrentLinkedDeque[SIZES];

  static {
    for (int i = 0; i < SIZES; i++) {
      POOL[i] = new ConcurrentLinkedDeque<>();
    }
  }

  private final int size;
  private final MemorySegment memory;

  private Scratch(int size) {
    this.size = size;
    this.memory = Arena.ofAuto().allocate(1L << size, 4096);
  }

  /// Memory for at least `floats` floats, with undefined content.
  static Scratch take(long floats) {
    int size = Math.max(SMALLEST, 64 - Long.numberOfLeadingZeros(4 * floats));
    Scratch pooled = POOL[size].pollFirst();
    return pooled != null ? pooled : new Scratch(size);
  }

  /// The memory, at a multiple of 64.
  MemorySegment memory() {
    return memory;
  }

  @Override
  public void close() {
    POOL[size].addFirst(this);
  }
}
