package dev.heed.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/// How much memory this process may use: the machine's, or less where a container says so.
///
/// Source: the kernel's cgroup documentation: `memory.max` of version 2, `memory.limit_in_bytes` of
/// version 1; the tightest limit on the way from the process's group to the root holds.
///
/// @param machineBytes the machine's memory; 0 where it could not be read
/// @param containerBytes the tightest limit of a container, if there is one
public record MemoryLimit(long machineBytes, OptionalLong containerBytes) {
  /// The limit of this process. On systems other than Linux nothing is known, and nothing refused.
  public static MemoryLimit ofThisProcess() {
    return read(Path.of("/"), 0);
  }

  /// Refuses what cannot fit, before memory is taken.
  ///
  /// @param work what needs the memory, such as `loading a.safetensors`
  /// @param needed how much it will take beside what tensors take already, in bytes
  /// @throws IllegalStateException if that is more than there is; it names both
  public void require(String work, long needed) {
    long taken = Memory.liveBytes();
    if (bytes() > 0 && needed > bytes() - taken) {
      throw new IllegalStateException(
          "%s needs %s of memory: this process may use %s, of which tensors take %s"
              .formatted(work, gigabytes(needed), gigabytes(bytes()), gigabytes(taken)));
    }
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  /// What may be used, in bytes; 0 where nothing is known.
  public long bytes() {
    return machineBytes == 0
        ? containerBytes.orElse(0)
        : Math.min(machineBytes, containerBytes.orElse(Long.MAX_VALUE));
  }

  /// What the files below `root` (`/`, but in tests) say. Other systems than Linux have none of
  /// them: there `machineBytes` comes from the JVM.
  public static MemoryLimit read(Path root, long machineBytesOtherwise) {
    long machine = machine(root.resolve("proc/meminfo"));
    return new MemoryLimit(machine == 0 ? machineBytesOtherwise : machine, container(root));
  }

  private static long machine(Path meminfo) {
    for (String line : lines(meminfo)) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return 0;
  }

  private static OptionalLong container(Path root) {
    long tightest = Long.MAX_VALUE;
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      // "0::/path" is version 2, "4:memory:/path" version 1.
      if (parts[1].isEmpty()) {
        tightest = Math.min(tightest, walk(root, "sys/fs/cgroup", parts[2], "memory.max"));
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        tightest =
            Math.min(
                tightest, walk(root, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"));
      }
    }
    return tightest == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(tightest);
  }

  /// The tightest limit from the group at `path` up to the mount. Inside a container the path may
  /// name groups that are not mounted there: the mount itself is then the container's group.
  private static long walk(Path root, String mount, String path, String file) {
    Path top = root.resolve(mount);
    Path group = top.resolve(path.replaceFirst("^/+", "")).normalize();
    if (!group.startsWith(top)) {
      group = top;
    }
    long tightest = Long.MAX_VALUE;
    while (group != null && group.startsWith(top)) {
      for (String line : lines(group.resolve(file))) {
        if (line.matches("\\d{1,18}")) { // not "max", nor version 1's number near 2⁶³
          tightest = Math.min(tightest, Long.parseLong(line));
        }
      }
      group = group.getParent();
    }
    return tightest;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }
}
