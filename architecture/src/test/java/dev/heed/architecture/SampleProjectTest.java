package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Kernels;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A project that only adds `dev.heed:heed`, on the class path, with no JVM flag, gets the fast
/// path.
class SampleProjectTest {
  private static final Path PROJECT = Repository.ROOT.resolve("examples/sample-project");

  @TempDir private Path classes;

  @Test
  void itsOneDependencyIsHeed() throws IOException {
    String pom = Repository.text(PROJECT.resolve("pom.xml"));
    Matcher artifact =
        Pattern.compile("<dependency>.*?<artifactId>([^<]+)<.*?<version>([^<]+)<", Pattern.DOTALL)
            .matcher(pom);
    assertThat(artifact.find()).isTrue();
    assertThat(artifact.group(1)).isEqualTo("heed");
    assertThat(Repository.text(Repository.ROOT.resolve("pom.xml")))
        .contains("<version>" + artifact.group(2) + "</version>");
    assertThat(artifact.find()).as("a second dependency").isFalse();
  }

  @Test
  void itGetsTheFastKernelsWithoutAFlag() throws Exception {
    run("javac", "-d", classes.toString(), "-cp", classPath(), source());
    String out = run("java", "-cp", classPath() + File.pathSeparator + classes, "Sample");
    assertThat(out.lines())
        .containsExactly(
            // The tests run with native access allowed explicitly; the sample does not.
            "kernels: " + Kernels.active().name(),
            "parameters: 1051904",
            "out: [4, 256], scores: [1, 4, 4, 4]",
            "the first word sees itself only: 1.0");
    if (hasAvx2()) {
      assertThat(Kernels.active().name()).startsWith("x86 ");
    }
  }

  @Test
  void whereNativeAccessIsDeniedItStillRuns() throws Exception {
    run("javac", "-d", classes.toString(), "-cp", classPath(), source());
    // Naming another module denies native access to the class path.
    String out =
        run(
            "java",
            "--enable-native-access=java.logging",
            "--illegal-native-access=deny",
            "-cp",
            classPath() + File.pathSeparator + classes,
            "Sample");
    assertThat(out).startsWith("kernels: ").contains("itself only: 1.0").doesNotContain("x86");
  }

  private static String source() {
    return PROJECT.resolve("src/main/java/Sample.java").toString();
  }

  /// What Maven would put there for `dev.heed:heed`: this test's class path without the command
  /// line and the test libraries.
  private static String classPath() {
    List<String> wanted =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(SampleProjectTest::belongsToHeed)
            .toList();
    assertThat(wanted).hasSizeGreaterThan(7);
    return wanted.stream().collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean belongsToHeed(String entry) {
    Path path = Path.of(entry).toAbsolutePath();
    if (path.startsWith(Repository.ROOT)) {
      return !path.startsWith(Repository.ROOT.resolve("app"))
          && !path.startsWith(Repository.ROOT.resolve("architecture"));
    }
    return path.getFileName().toString().matches("(jackson-core|jspecify)-.*");
  }

  private static boolean hasAvx2() throws IOException {
    Path processor = Path.of("/proc/cpuinfo");
    return System.getProperty("os.arch").equals("amd64")
        && Files.isReadable(processor)
        && Files.readString(processor).contains(" avx2 ");
  }

  private String run(String tool, String... arguments) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", tool);
    Path messages = classes.resolve("messages");
    ProcessBuilder builder = new ProcessBuilder(java.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.redirectError(messages.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(messages)).isZero();
    return out;
  }
}
