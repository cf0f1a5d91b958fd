package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Kernels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    JavaTool.run("javac", "-d", classes.toString(), "-cp", JavaTool.classPath(), source());
    String out =
        JavaTool.run("java", "-cp", JavaTool.classPath() + File.pathSeparator + classes, "Sample");
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
    JavaTool.run("javac", "-d", classes.toString(), "-cp", JavaTool.classPath(), source());
    // Naming another module denies native access to the class path.
    String out =
        JavaTool.run(
            "java",
            "--enable-native-access=java.logging",
            "--illegal-native-access=deny",
            "-cp",
            JavaTool.classPath() + File.pathSeparator + classes,
            "Sample");
    assertThat(out).startsWith("kernels: ").contains("itself only: 1.0").doesNotContain("x86");
  }

  private static String source() {
    return PROJECT.resolve("src/main/java/Sample.java").toString();
  }

  private static boolean hasAvx2() throws IOException {
    Path processor = Path.of("/proc/cpuinfo");
    return System.getProperty("os.arch").equals("amd64")
        && Files.isReadable(processor)
        && Files.readString(processor).contains(" avx2 ");
  }
}
