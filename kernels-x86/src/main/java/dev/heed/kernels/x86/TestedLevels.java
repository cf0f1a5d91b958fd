package dev.heed.kernels.x86;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Remembers which levels passed the [SelfTest] on which processor, so that only the first start
/// pays for it: empty files in the folder `cache/kernels` of `HEED_HOME`, else `~/.heed`.
///
/// A file's name holds the processor, the level and the age of the kernels' jar. Kernels that do
/// not come from a jar, as in development, are tested in every process; so are all where the folder
/// cannot be written.
final class TestedLevels {
  private final Cpu cpu;
  private final @Nullable Path folder;

  private TestedLevels(Cpu cpu, @Nullable Path folder) {
    this.cpu = cpu;
    this.folder = folder;
  }

  static TestedLevels of(Cpu cpu) {
    return new TestedLevels(cpu, folder());
  }

  private static @Nullable Path folder() {
    try {
      String home = System.getenv("HEED_HOME");
      Path base =
          home == null || home.isEmpty()
              ? Path.of(System.getProperty("user.home"), ".heed")
              : Path.of(home);
      CodeSource source = TestedLevels.class.getProtectionDomain().getCodeSource();
      Path jar = source == null ? null : Path.of(source.getLocation().toURI());
      if (jar == null || !Files.isRegularFile(jar)) {
        return null;
      }
      long written = Files.getLastModifiedTime(jar).toMillis();
      return base.resolve("cache").resolve("kernels").resolve(Long.toString(written, 36));
    } catch (IOException | URISyntaxException | RuntimeException unknown) {
      return null;
    }
  }

  /// Why kernels of this level must not be used, empty if they may.
  Optional<String> failure(Level level, X86Kernels kernels) {
    Path remembered = folder == null ? null : folder.resolve(name(level));
    if (remembered != null && Files.exists(remembered)) {
      return Optional.empty();
    }
    Optional<String> failure = SelfTest.failure(kernels);
    if (failure.isEmpty() && remembered != null) {
      try {
        Files.createDirectories(remembered.getParent());
        Files.write(remembered, new byte[0]);
      } catch (IOException notRemembered) {
        // The next process tests again.
      }
    }
    return failure;
  }

  private String name(Level level) {
    return "%s-%s-%s"
        .formatted(cpu.name().replaceAll("[^A-Za-z0-9]+", "-"), cpu.level().orElseThrow(), level);
  }
}
