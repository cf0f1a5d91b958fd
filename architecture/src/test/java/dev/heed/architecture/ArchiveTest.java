package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `mvn package` leaves runs from any folder, without the checkout and without Maven.
class ArchiveTest {
  @TempDir private Path folder;

  private record Result(int code, String out, String messages) {}

  @Test
  void theArchiveRunsFromAnyFolderAndKeepsItsCache() throws Exception {
    assumeThat(Path.of("/bin/sh")).as("there is no POSIX shell here").exists();
    Path installed = unpack(archive(), Files.createDirectories(folder.resolve("a folder")));
    Result first = heed(installed, "--version");
    assertThat(first.messages()).isEmpty();
    assertThat(first.out()).matches("heed \\S+\\R");
    assertThat(first.code()).isZero();
    try (Stream<Path> cache = Files.list(installed.resolve("cache"))) {
      assertThat(cache)
          .anySatisfy(file -> assertThat(file.toString()).endsWith(".aot"))
          .allSatisfy(file -> assertThat(file).isNotEmptyFile());
    }
    Result second = heed(installed, "complete");
    assertThat(second.code()).isEqualTo(3);
    assertThat(second.out()).isEmpty();
    assertThat(second.messages()).startsWith("heed: no model yet").hasLineCount(1);
  }

  private static Path archive() throws IOException {
    Path target = Repository.ROOT.resolve("app/target");
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        List<Path> archives =
            files.filter(file -> file.getFileName().toString().matches("heed-.*\\.zip")).toList();
        assumeThat(archives).as("the archive is built by `mvn package`").isNotEmpty();
        return archives.getFirst();
      }
    }
    assumeThat(target).as("the archive is built by `mvn package`").exists();
    return target;
  }

  private static Path unpack(Path archive, Path into) throws IOException {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path target = into.resolve(entry.getName()).normalize();
        assertThat(target.startsWith(into)).as(entry.getName()).isTrue();
        if (!entry.isDirectory()) {
          Files.createDirectories(target.getParent());
          Files.copy(zip.getInputStream(entry), target);
        }
      }
    }
    try (Stream<Path> roots = Files.list(into)) {
      return roots.findFirst().orElseThrow();
    }
  }

  private Result heed(Path installed, String... arguments) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", installed.resolve("bin/heed").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("HEED_HOME", folder.resolve("home").toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Path messages = folder.resolve("messages");
    Process process = builder.redirectError(messages.toFile()).directory(folder.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, Files.readString(messages));
  }
}
