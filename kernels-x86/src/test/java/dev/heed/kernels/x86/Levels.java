package dev.heed.kernels.x86;

import java.util.Arrays;
import java.util.List;

/// The levels that this machine can run and whose code differs.
final class Levels {
  private Levels() {}

  static List<Level> available() {
    return atMostTheMachines(Level.AVX2, Level.AVX512);
  }

  /// Those that multiply bfloat16.
  static List<Level> withBfloat() {
    return atMostTheMachines(Level.AVX512BF16, Level.AMX);
  }

  private static List<Level> atMostTheMachines(Level... levels) {
    try {
      Level highest = Cpu.detect().level().orElse(null);
      return Arrays.stream(levels)
          .filter(level -> highest != null && level.compareTo(highest) <= 0)
          .toList();
    } catch (ExecutableMemory.RefusedException e) {
      return List.of();
    }
  }
}
