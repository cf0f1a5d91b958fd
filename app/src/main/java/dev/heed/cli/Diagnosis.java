package dev.heed.cli;

import dev.heed.cli.terminal.Terminal;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.MemoryLimit;
import dev.heed.tensor.Parallel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What is known about one part of the machine.
///
/// @param part the part, such as `memory`
/// @param facts what is known about it
record Diagnosis(String part, List<Fact> facts) {

  /// Something known.
  ///
  /// @param name what it is about
  /// @param value a number (of bytes where the name ends in `bytes`), a text, a truth or nothing
  /// @param why where it comes from or what follows from it; may be empty
  record Fact(String name, @Nullable Object value, String why) {
    Fact(String name, @Nullable Object value) {
      this(name, value, "");
    }

    /// The value as a person reads it.
    String shown() {
      return switch (value) {
        case null -> "none";
        case Long bytes when name.endsWith("bytes") -> size(bytes);
        default -> value.toString();
      };
    }
  }

  static Diagnosis ofHeed() {
    return new Diagnosis("heed", List.of(new Fact("version", Version.heed())));
  }

  static Diagnosis ofMachine() {
    return new Diagnosis(
        "machine",
        List.of(
            new Fact("system", property("os.name") + " " + property("os.version")),
            new Fact("architecture", property("os.arch")),
            new Fact("processor", processor(Path.of("/proc/cpuinfo"))),
            new Fact(
                "processors",
                Runtime.getRuntime().availableProcessors(),
                "those that this process may use")));
  }

  static Diagnosis ofKernels() {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("in-use", Kernels.active().name()));
    // "x86: this machine is not x86-64": the name, then what it said of itself.
    for (String said : Kernels.report()) {
      int colon = said.indexOf(": ");
      facts.add(new Fact(said.substring(0, colon), said.substring(colon + 2)));
    }
    facts.add(new Fact("threads", Parallel.threads()));
    return new Diagnosis("kernels", facts);
  }

  static Diagnosis ofJava() {
    List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
    String cache =
        flags.stream()
            .filter(flag -> flag.startsWith("-XX:AOTCache="))
            .map(flag -> flag.substring(flag.indexOf('=') + 1))
            .findFirst()
            .orElse(null);
    return new Diagnosis(
        "java",
        List.of(
            new Fact("version", property("java.runtime.version"), property("java.vendor")),
            new Fact("home", property("java.home")),
            new Fact(
                "native-access",
                Diagnosis.class.getModule().isNativeAccessEnabled(),
                "emitted kernels and the terminal's width need it"),
            new Fact("aot-cache", cache, cache == null ? "starts are slower without it" : "")));
  }

  static Diagnosis ofMemory() {
    MemoryLimit limit = MemoryLimit.read(Path.of("/"), physicalMemory());
    return new Diagnosis(
        "memory",
        List.of(
            new Fact("machine-bytes", limit.machineBytes()),
            new Fact(
                "container-bytes",
                limit.containerBytes().isPresent() ? limit.containerBytes().getAsLong() : null,
                "the limit of this process's cgroup"),
            new Fact("usable-bytes", limit.bytes(), "the smaller of the two"),
            new Fact(
                "heap-bytes",
                Runtime.getRuntime().maxMemory(),
                "Java objects; tensors lie outside")));
  }

  static Diagnosis ofFolders(HeedCommand heed) {
    Map<String, String> environment = heed.invocation().environment();
    Path home = heed.home();
    List<Fact> facts = new ArrayList<>();
    facts.add(
        new Fact(
            "home",
            home.toString(),
            environment.getOrDefault("HEED_HOME", "").isEmpty()
                ? "HEED_HOME is not set"
                : "HEED_HOME"));
    facts.add(new Fact("models-bytes", size(home.resolve("models")), "models"));
    facts.add(new Fact("cache-bytes", size(home.resolve("cache")), "cache"));
    facts.add(new Fact("writable", writable(home)));
    return new Diagnosis("folders", facts);
  }

  static Diagnosis ofTerminal(Invocation invocation) {
    return new Diagnosis(
        "terminal",
        List.of(
            terminal("output", invocation.outTerminal().get()),
            terminal("messages", invocation.messageTerminal().get())));
  }

  private static Fact terminal(String name, Terminal terminal) {
    String colors = terminal.colors().name().toLowerCase(Locale.ROOT);
    return new Fact(
        name,
        terminal.interactive()
            ? terminal.columns() + " columns, colours: " + colors
            : "plain characters",
        terminal.why());
  }

  static String processor(Path cpuinfo) {
    try (Stream<String> lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static long physicalMemory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  private static boolean writable(Path folder) {
    Path nearest = folder.toAbsolutePath();
    while (nearest.getParent() != null && !Files.exists(nearest)) {
      nearest = nearest.getParent();
    }
    return Files.isDirectory(nearest) && Files.isWritable(nearest);
  }

  private static long size(Path folder) {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      return 0;
    }
  }

  /// Bytes as a person reads them, in powers of 1024.
  static String size(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
    double amount = bytes;
    int unit = 0;
    while (amount >= 1024 && unit < units.length - 1) {
      amount /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", amount, units[unit]);
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }
}
