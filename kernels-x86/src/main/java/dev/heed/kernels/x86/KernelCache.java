package dev.heed.kernels.x86;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// The kernels of one level that have been emitted so far; each is emitted at its first use.
///
/// The keys that a forward pass needs have `equals` and `hashCode` of their own: those that the
/// compiler gives to records are linked at their first use, which a cold start feels.
class KernelCache {
  private final Level level;
  private final ConcurrentHashMap<Object, Kernel> kernels = new ConcurrentHashMap<>();

  KernelCache(Level level) {
    this.level = level;
  }

  Level level() {
    return level;
  }

  /// The kernel known by `key`, which `emit` writes if it is not there yet.
  Kernel get(Object key, Function<Level, byte[]> emit) {
    Kernel known = kernels.get(key);
    return known != null ? known : kernels.computeIfAbsent(key, k -> load(emit.apply(level)));
  }

  /// Makes emitted code callable; a test may do it another way.
  Kernel load(byte[] code) {
    try {
      return Kernel.load(code);
    } catch (ExecutableMemory.RefusedException refused) {
      // The first kernel was granted when the level was chosen: this is a lack of memory.
      throw new IllegalStateException(refused.getMessage(), refused);
    }
  }
}
