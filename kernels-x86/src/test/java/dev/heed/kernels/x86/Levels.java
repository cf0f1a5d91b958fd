package dev.heed.kernels.x86;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The levels that this machine can run and whose code differs.
final class Levels {
  private static final @Nullable Level HIGHEST = highest();

  private Levels() {}

  private static @Nullable Level highest() {
    try {
      return Cpu.detect().level().orElse(null);
    } catch (ExecutableMemory.RefusedException e) {
      return null;
    }
  }

  static List<Level> available() {
    return atMost(HIGHEST, Level.AVX2, Level.AVX512);
  }

  /// Those that multiply bfloat16. Where only the tiles of AMX are missing, they are interpreted by
  /// [#kernels].
  static List<Level> withBfloat() {
    return atMost(interpretsTiles() ? Level.AMX : HIGHEST, Level.AVX512BF16, Level.AMX);
  }

  static X86Kernels kernels(Level level) {
    return level == Level.AMX && interpretsTiles()
        ? new X86Kernels(new InterpretedTiles())
        : new X86Kernels(level);
  }

  private static boolean interpretsTiles() {
    return HIGHEST == Level.AVX512BF16;
  }

  private static List<Level> atMost(@Nullable Level highest, Level... levels) {
    return Arrays.stream(levels)
        .filter(level -> highest != null && level.compareTo(highest) <= 0)
        .toList();
  }
}
