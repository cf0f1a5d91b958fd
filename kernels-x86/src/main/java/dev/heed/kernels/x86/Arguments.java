package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The argument block of a kernel: slots of eight bytes, each a 64-bit integer or address, or a
/// 32-bit float in its lower half. Not for two threads at once.
final class Arguments {
  static final int SLOTS = 32;

  private final MemorySegment block;

  Arguments(Arena arena) {
    this(arena.allocate(SLOTS * 8L, 64));
  }

  /// A block in the first bytes of `memory`.
  Arguments(MemorySegment memory) {
    this.block = memory.asSlice(0, SLOTS * 8L);
  }

  Arguments set(int slot, long value) {
    block.set(ValueLayout.JAVA_LONG, slot * 8L, value);
    return this;
  }

  Arguments set(int slot, float value) {
    block.set(ValueLayout.JAVA_FLOAT, slot * 8L, value);
    return this;
  }

  long get(int slot) {
    return block.get(ValueLayout.JAVA_LONG, slot * 8L);
  }

  float getFloat(int slot) {
    return block.get(ValueLayout.JAVA_FLOAT, slot * 8L);
  }

  /// The address to give to [Kernel#call].
  long address() {
    return block.address();
  }
}
