package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs a main class of the tests in a JVM of its own, with flags of its own.
final class ForkedJvm {
  private static final int MINUTES = 5;

  private ForkedJvm() {}

  /// What a process wrote.
  record Answer(String out, String err) {}

  /// Runs `main` on the class path and returns what it wrote, once it has ended with exit code 0.
  static Answer run(List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("-cp");
    command.add(folderOf(Tensor.class) + File.pathSeparator + folderOf(main));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("heed-test", ".out");
    Path err = Files.createTempFile("heed-test", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      Process process = builder.start();
      try {
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("ended in time").isTrue();
      } finally {
        process.destroyForcibly();
      }
      Answer answer = new Answer(Files.readString(out), Files.readString(err));
      assertThat(process.exitValue()).as(answer.err).isZero();
      return answer;
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static Path folderOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
