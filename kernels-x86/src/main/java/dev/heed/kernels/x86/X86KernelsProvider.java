package dev.heed.kernels.x86;

import dev.heed.tensor.Kernels;
import java.util.Locale;

/// Offers [X86Kernels] where the processor and the system let emitted code run.
public final class X86KernelsProvider implements Kernels.Provider {
  /// For the service loader.
  public X86KernelsProvider() {}

  @Override
  public String name() {
    return "x86";
  }

  @Override
  public int priority() {
    return 100;
  }

  /// The kernels of the highest level that the processor has and `-Dheed.cpu` allows.
  ///
  /// @throws IllegalArgumentException if `heed.cpu` names no level
  @Override
  public Kernels.Offer offer() {
    String cap = System.getProperty("heed.cpu", "");
    Level highest = cap.isEmpty() ? Level.AMX : Level.parse(cap);
    try {
      Cpu cpu = Cpu.detect();
      if (cpu.level().isEmpty()) {
        return new Kernels.Offer(null, cpu.name() + " lacks AVX2, FMA or BMI2");
      }
      Level level = cpu.level().get();
      Level used = level.compareTo(highest) < 0 ? level : highest;
      return new Kernels.Offer(
          new X86Kernels(used),
          "%s on %s".formatted(used.name().toLowerCase(Locale.ROOT), cpu.name()));
    } catch (ExecutableMemory.RefusedException refused) {
      return new Kernels.Offer(null, String.valueOf(refused.getMessage()));
    }
  }
}
