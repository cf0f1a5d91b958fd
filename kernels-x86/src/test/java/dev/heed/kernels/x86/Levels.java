package dev.heed.kernels.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The levels that this machine can run and whose code differs.
final class Levels {
  private static final @Nullable Cpu CPU = cpu();
  private static final @Nullable Level HIGHEST = CPU == null ? null : CPU.level().orElse(null);

  private Levels() {}

  private static @Nullable Cpu cpu() {
    try {
      return Cpu.detect();
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

  /// Those whose products of quantised weights differ. Where AVX-VNNI is missing, its instruction
  /// is that of AVX512-VNNI in what [#kernels] gives.
  static List<Level> quantized() {
    List<Level> levels = new ArrayList<>(atMost(HIGHEST, Level.AVX2, Level.VNNI));
    if (has(Level.AVXVNNI) || has(Level.VNNI)) {
      levels.add(Level.AVXVNNI);
    }
    return levels;
  }

  /// Whether the processor of this machine has the level.
  static boolean has(Level level) {
    return CPU != null && CPU.has(level);
  }

  static X86Kernels kernels(Level level) {
    if (level == Level.AMX && interpretsTiles()) {
      return new X86Kernels(new InterpretedTiles());
    }
    if (level == Level.AVXVNNI && !has(level)) {
      return new X86Kernels(new OtherDotProducts(VectorOp.VPDPBUSD));
    }
    return new X86Kernels(level);
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
