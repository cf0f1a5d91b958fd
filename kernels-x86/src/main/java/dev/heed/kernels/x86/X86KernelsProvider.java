package dev.heed.kernels.x86;

import dev.heed.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;

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
      return tested(cpu, highest, TestedLevels.of(cpu)::failure);
    } catch (ExecutableMemory.RefusedException refused) {
      return new Kernels.Offer(null, String.valueOf(refused.getMessage()));
    }
  }

  /// The kernels of the highest level, from `highest` downwards, that the processor has and that
  /// passes the self-test.
  static Kernels.Offer tested(
      Cpu cpu, Level highest, BiFunction<Level, X86Kernels, Optional<String>> selfTest) {
    List<String> failures = new ArrayList<>();
    List<Level> levels = List.of(Level.values()).subList(0, highest.ordinal() + 1).reversed();
    for (Level next : levels) {
      if (!cpu.has(next)) {
        continue; // its instructions would end the process
      }
      X86Kernels kernels = new X86Kernels(next);
      Optional<String> failure = selfTest.apply(next, kernels);
      String name = next.name().toLowerCase(Locale.ROOT);
      if (failure.isEmpty()) {
        failures.add("%s on %s".formatted(name, cpu.name()));
        return new Kernels.Offer(kernels, String.join("; ", failures));
      }
      failures.add(name + " failed its self-test: " + failure.get());
    }
    return new Kernels.Offer(null, String.join("; ", failures));
  }
}
