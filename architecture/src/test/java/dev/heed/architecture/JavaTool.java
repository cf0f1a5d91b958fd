package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// `java` and `javac` as a user calls them: with what `dev.heed:heed` brings on the class path, and
/// no flag.
final class JavaTool {
  private JavaTool() {}

  /// Runs a tool and returns what it printed; fails if it does not end with 0.
  static String run(String tool, String... arguments) throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", tool);
    ProcessBuilder builder = new ProcessBuilder(java.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Path messages = Files.createTempFile("heed", ".messages");
    try {
      Process process = builder.redirectError(messages.toFile()).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(Files.readString(messages)).isZero();
      return out;
    } finally {
      Files.delete(messages);
    }
  }

  /// What Maven puts there for `dev.heed:heed`: this test's class path without the command line and
  /// the test libraries.
  static String classPath() {
    List<String> wanted =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(JavaTool::belongsToHeed)
            .toList();
    assertThat(wanted).hasSizeGreaterThan(7);
    return String.join(File.pathSeparator, wanted);
  }

  private static boolean belongsToHeed(String entry) {
    Path path = Path.of(entry).toAbsolutePath();
    if (path.startsWith(Repository.ROOT)) {
      return !path.startsWith(Repository.ROOT.resolve("app"))
          && !path.startsWith(Repository.ROOT.resolve("architecture"));
    }
    return path.getFileName()
        .toString()
        .matches("(fastcsv|hardwood-core|jackson-core|jspecify)-.*");
  }
}
