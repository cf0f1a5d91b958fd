package dev.heed.kernels.x86;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A piece of machine code that takes the address of one argument block.
///
/// All kernels share one method handle, to which the code's address is an argument: a constant that
/// the JIT compiles to a plain call. The call is `critical`: it stays in the Java state, so a
/// safepoint waits for it, and whoever calls bounds the work of one call to about a millisecond.
final class Kernel {
  private final MemorySegment entry;

  private Kernel(MemorySegment entry) {
    this.entry = entry;
  }

  /// Loads `code` into executable memory.
  ///
  /// @throws ExecutableMemory.RefusedException where the system does not let it
  static Kernel load(byte[] code) throws ExecutableMemory.RefusedException {
    return new Kernel(ExecutableMemory.load(code));
  }

  /// Runs the code on the argument block at `arguments`.
  void call(long arguments) {
    try {
      Call.HANDLE.invokeExact(entry, arguments);
    } catch (Throwable impossible) {
      // Machine code throws nothing, and the handle's type is the one given above.
      throw new AssertionError(impossible);
    }
  }

  /// Apart, so that where native access is denied the refusal of [#load] comes first.
  private static final class Call {
    static final MethodHandle HANDLE =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG), Linker.Option.critical(false));
  }
}
