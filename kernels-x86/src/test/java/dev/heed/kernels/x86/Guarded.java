package dev.heed.kernels.x86;

import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.SplittableRandom;

/// Tensors that end where a page begins that nobody may touch: a kernel that reads or writes beyond
/// the end kills the process.
final class Guarded {
  private static final long PAGE = 4096;
  private static final long ROOM = 1L << 32;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle PROTECT =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("mprotect").orElseThrow(),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private static final MethodHandle ADVISE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("madvise").orElseThrow(),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private static final long BASE = reserve();
  private static long used;

  private Guarded() {}

  /// Address space without rights; it costs no memory until it is given some.
  private static long reserve() {
    MethodHandle map =
        LINKER.downcallHandle(
            LINKER.defaultLookup().find("mmap").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    int privateAnonymousWithoutReserve = 0x4022;
    try {
      return (long) map.invokeExact(0L, ROOM, 0, privateAnonymousWithoutReserve, -1, 0L);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// `bytes` bytes of zeros before a page that faults; given back by [#releaseAll] only.
  static synchronized MemorySegment allocate(long bytes) {
    long pages = (bytes + PAGE - 1) / PAGE * PAGE;
    long from = BASE + used;
    used += pages + PAGE;
    if (used > ROOM) {
      throw new AssertionError("the tests take more guarded memory than there is room for");
    }
    try {
      int readWrite = 3;
      if (pages > 0 && (int) PROTECT.invokeExact(from, pages, readWrite) != 0) {
        throw new AssertionError("mprotect failed");
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return MemorySegment.ofAddress(from + pages - bytes).reinterpret(bytes);
  }

  /// Takes all memory back: nothing that was allocated may be touched from now on.
  static synchronized void releaseAll() {
    int none = 0;
    int dontNeed = 4;
    try {
      if ((int) ADVISE.invokeExact(BASE, used, dontNeed) != 0
          || (int) PROTECT.invokeExact(BASE, used, none) != 0) {
        throw new AssertionError("the memory could not be taken back");
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    used = 0;
  }

  static Tensor zeros(int... shape) {
    Shape of = Shape.of(shape);
    return Tensor.over(allocate(4 * of.elements()), of, DType.F32);
  }

  /// Numbers in −1…1.
  static Tensor random(long seed, int... shape) {
    Tensor tensor = zeros(shape);
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }

  static Tensor ints(int[] values) {
    MemorySegment memory = allocate(4L * values.length);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, 0, values.length);
    return Tensor.over(memory, Shape.of(values.length), DType.I32);
  }
}
