package dev.heed.kernels.x86;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Calls machine code, emitted or the system's.
///
/// All calls have one type, six integers to one: the JDK writes classes for each type at its first
/// call, which a cold start feels. What a function does not read may hold anything, by the calling
/// conventions of System V and of Windows; a narrower result is in the low bits.
///
/// The address is an argument of the one handle, a constant that the JIT compiles to a plain call.
/// The call is `critical`: it stays in the Java state, so a safepoint waits for it, and whoever
/// calls bounds the work of one call to about a millisecond.
final class NativeCall {
  private NativeCall() {}

  /// Apart, so that a refusal of native access comes from [#find] and not from initialisation.
  private static final class Handle {
    static final MethodHandle CALL =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
                Linker.Option.critical(false));
  }

  /// The address of a function of the system's libraries; [MemorySegment#NULL] if there is none.
  ///
  /// @throws IllegalCallerException if native access is denied
  static MemorySegment find(String name) {
    MemorySegment symbol =
        Linker.nativeLinker()
            .defaultLookup()
            .find(name)
            .or(() -> SymbolLookup.loaderLookup().find(name))
            .orElse(MemorySegment.NULL);
    return symbol.reinterpret(0); // asks for native access
  }

  /// Runs the code at `function`.
  static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) Handle.CALL.invokeExact(function, a, b, c, d, e, f);
    } catch (Throwable impossible) {
      // Machine code throws nothing, and the handle's type is the one given above.
      throw new AssertionError(impossible);
    }
  }
}
