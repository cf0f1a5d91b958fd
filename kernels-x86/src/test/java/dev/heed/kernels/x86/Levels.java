package dev.heed.kernels.x86;

import java.util.List;

/// The levels that this machine can run and whose code differs.
final class Levels {
  private Levels() {}

  static List<Level> available() {
    try {
      Level highest = Cpu.detect().level().orElse(null);
      if (highest == null) {
        return List.of();
      }
      return highest.isWide() ? List.of(Level.AVX2, Level.AVX512) : List.of(Level.AVX2);
    } catch (ExecutableMemory.RefusedException e) {
      return List.of();
    }
  }
}
