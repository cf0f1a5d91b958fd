package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;

/// A piece of machine code that takes the address of one argument block.
///
/// Not final, so that a test can interpret what its processor lacks; while no other class is
/// loaded, a call is as direct as that of a final one.
class Kernel {
  private final MemorySegment entry;

  /// @param entry the first instruction, in executable memory
  Kernel(MemorySegment entry) {
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
    NativeCall.call(entry, arguments, 0, 0, 0, 0, 0);
  }
}
