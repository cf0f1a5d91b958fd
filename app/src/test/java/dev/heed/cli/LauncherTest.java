package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the script `heed` from an installation of its own, with scripts that stand for JDKs.
class LauncherTest {
  @TempDir private Path folder;
  private Path installed;
  private Path jdk;
  private final Map<String, String> environment = new HashMap<>();

  private record Result(int code, String out, String messages) {}

  @BeforeEach
  void anInstallationAndAJdk() throws IOException {
    assumeThat(Path.of("/bin/sh")).as("there is no POSIX shell here").exists();
    Path script = Path.of(System.getProperty("heed.root", ".."), "heed");
    installed = Files.createDirectories(folder.resolve("a folder/heed-1"));
    Files.createDirectories(installed.resolve("bin"));
    Files.copy(script, installed.resolve("bin/heed"));
    executable(installed.resolve("bin/heed"));
    Files.createDirectories(installed.resolve("lib"));
    Files.writeString(installed.resolve("lib/heed-app.jar"), "a jar");
    jdk = jdk("jdk-25", "25.0.9");
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("HOME", folder.toString());
  }

  /// A JDK whose `java` writes a cache when asked, else prints its arguments and standard input,
  /// one a line, and exits with 7.
  private Path jdk(String name, String version) throws IOException {
    Path jdk = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(
        jdk.resolve("release"),
        "IMPLEMENTOR=\"Somebody\"\nJAVA_RUNTIME_VERSION=\"%s+1\"\nJAVA_VERSION=\"%s\"\n"
            .formatted(version, version));
    Files.writeString(
        jdk.resolve("bin/java"),
        """
        #!/bin/sh
        for argument in "$@"; do
          case $argument in
            -XX:AOTCacheOutput=*)
              echo cache >"${argument#*=}"
              echo noise
              echo noise >&2
              exit 0
              ;;
          esac
        done
        echo "%s"
        for argument in "$@"; do echo "[$argument]"; done
        cat
        exit 7
        """
            .formatted(name));
    executable(jdk.resolve("bin/java"));
    return jdk;
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Result heed(Path command, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(command.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("HEED_HOME");
    builder.environment().putAll(environment);
    Path messages = folder.resolve("messages");
    Process process = builder.redirectError(messages.toFile()).directory(folder.toFile()).start();
    try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
      in.write("piped in");
    } catch (IOException e) {
      // It ended before it read anything, as it does after a failure.
      assertThat(e).hasMessageContaining("pipe");
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, Files.readString(messages));
  }

  @Test
  void argumentsInputAndExitCodePassThrough() throws Exception {
    Result result = heed(installed.resolve("bin/heed"), "complete", "two words", "", "$HOME *");
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.messages()).isEmpty();
    assertThat(result.out())
        .startsWith("jdk-25\n")
        .contains("[--enable-native-access=ALL-UNNAMED]")
        .endsWith("heed-app.jar]\n[complete]\n[two words]\n[]\n[$HOME *]\npiped in");
  }

  @Test
  void theCacheIsMadeOnceSilentlyAndUsed() throws Exception {
    Path cache = installed.resolve("cache/heed-25.0.9+1.aot");
    assertThat(heed(installed.resolve("bin/heed")).out())
        .contains("[-XX:AOTCache=" + cache + "]")
        .doesNotContain("noise");
    assertThat(cache).hasContent("cache\n");
    Files.writeString(cache, "the same");
    heed(installed.resolve("bin/heed"));
    assertThat(cache).hasContent("the same");
  }

  @Test
  void aNewerJarGetsANewCache() throws Exception {
    heed(installed.resolve("bin/heed"));
    Path cache = installed.resolve("cache/heed-25.0.9+1.aot");
    Files.writeString(cache, "old");
    FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 60_000);
    Files.setLastModifiedTime(installed.resolve("lib/heed-app.jar"), later);
    heed(installed.resolve("bin/heed"));
    assertThat(cache).hasContent("cache\n");
  }

  @Test
  void aJdkThatCannotMakeACacheIsAskedOnceAndUsedWithout() throws Exception {
    Path java = jdk.resolve("bin/java");
    Files.writeString(
        java,
        Files.readString(java)
            .replace("echo cache >\"${argument#*=}\"", "echo asked >>\"$HOME/asked\""));
    for (int i = 0; i < 2; i++) {
      Result result = heed(installed.resolve("bin/heed"), "doctor");
      assertThat(result.out()).doesNotContain("AOTCache").endsWith("[doctor]\npiped in");
      assertThat(result.messages()).isEmpty();
    }
    assertThat(folder.resolve("asked")).hasContent("asked\n");
  }

  @Test
  void itIsFoundThroughSymbolicLinks() throws Exception {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, installed.resolve("bin/heed"));
    Path relative = Files.createDirectories(folder.resolve("bin")).resolve("heed");
    Files.createSymbolicLink(relative, Path.of("../link"));
    assertThat(heed(relative, "doctor").out())
        .contains("[" + installed.resolve("lib/heed-app.jar") + "]");
  }

  @Test
  void theJdkIsChosenAnewWhenJavaHomeChanges() throws Exception {
    assertThat(heed(installed.resolve("bin/heed")).out()).startsWith("jdk-25\n");
    environment.put("JAVA_HOME", jdk("jdk-26", "26-ea").toString());
    assertThat(heed(installed.resolve("bin/heed")).out()).startsWith("jdk-26\n");
  }

  @Test
  void aJdkThatIsTooOldIsPassedOver() throws Exception {
    environment.put("JAVA_HOME", jdk("jdk-17", "17.0.1").toString());
    environment.put("PATH", jdk + "/bin:" + System.getenv("PATH"));
    assertThat(heed(installed.resolve("bin/heed")).out()).startsWith("jdk-25\n");
  }

  @Test
  void anInstallationThatIsNotWholeIsExitCode3() throws Exception {
    Files.delete(installed.resolve("lib/heed-app.jar"));
    Result result = heed(installed.resolve("bin/heed"));
    assertThat(result.code()).isEqualTo(ExitCode.MISSING.code());
    assertThat(result.messages()).startsWith("heed: expected ").hasLineCount(1);
  }

  /// A checkout whose `mvn` is a script that packs the source into the jar, or fails.
  private Path checkout() throws IOException {
    Path checkout = Files.createDirectories(folder.resolve("check out"));
    Files.copy(installed.resolve("bin/heed"), checkout.resolve("heed"));
    executable(checkout.resolve("heed"));
    Files.writeString(checkout.resolve("pom.xml"), "");
    Files.createDirectories(checkout.resolve("app/src/main"));
    Files.writeString(checkout.resolve("app/src/main/A.java"), "one");
    Files.writeString(jdk.resolve("bin/javac"), "");
    executable(jdk.resolve("bin/javac"));
    Path tools = Files.createDirectories(folder.resolve("tools"));
    Files.writeString(
        tools.resolve("mvn"),
        """
        #!/bin/sh
        echo "[INFO] Building Heed 1.0           [1/2]"
        echo "[INFO] Building Heed tensor 1.0    [2/2]"
        cd "$HOME/check out"
        if grep -q wrong app/src/main/A.java; then
          echo "[ERROR] A.java: wrong"
          exit 1
        fi
        mkdir -p app/target/heed/lib
        cp app/src/main/A.java app/target/heed/lib/heed-app.jar
        """);
    executable(tools.resolve("mvn"));
    environment.put("PATH", tools + ":" + System.getenv("PATH"));
    return checkout;
  }

  private static void change(Path checkout, String source) throws IOException {
    Path file = checkout.resolve("app/src/main/A.java");
    Files.writeString(file, source);
    FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 2_000);
    Files.setLastModifiedTime(file, later);
  }

  private static Path jar(Result result) {
    String line =
        result.out().lines().filter(l -> l.endsWith("heed-app.jar]")).findFirst().orElseThrow();
    return Path.of(line.substring(1, line.length() - 1));
  }

  @Test
  void aCheckoutIsBuiltOnceWithALineAModule() throws Exception {
    Path checkout = checkout();
    Result first = heed(checkout.resolve("heed"), "doctor");
    assertThat(first.messages().lines())
        .containsExactly(
            "heed: first start: building (Maven fetches libraries once)",
            "heed: building 1/2 parent",
            "heed: building 2/2 tensor",
            "heed: preparing faster starts (once)");
    assertThat(first.out()).endsWith("[doctor]\npiped in");
    assertThat(first.code()).isEqualTo(7);
    Result second = heed(checkout.resolve("heed"), "doctor");
    assertThat(second.messages()).isEmpty();
    assertThat(second.out()).isEqualTo(first.out());
  }

  @Test
  void changedSourcesAreBuiltAndARunningCommandKeepsItsJars() throws Exception {
    Path checkout = checkout();
    Path before = jar(heed(checkout.resolve("heed")));
    change(checkout, "two");
    Result result = heed(checkout.resolve("heed"));
    assertThat(result.messages()).startsWith("heed: sources have changed: building");
    assertThat(jar(result)).hasContent("two");
    assertThat(before).hasContent("one");
  }

  @Test
  void aBuildThatFailsIsExitCode1AndTriedAgain() throws Exception {
    Path checkout = checkout();
    change(checkout, "wrong");
    Result result = heed(checkout.resolve("heed"));
    assertThat(result.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(result.out()).isEmpty();
    assertThat(result.messages()).contains("[ERROR] A.java: wrong", "build.log");
    change(checkout, "right");
    assertThat(jar(heed(checkout.resolve("heed")))).hasContent("right");
  }

  @Test
  void aBuildThatWasKilledDoesNotHoldUpTheNext() throws Exception {
    Path checkout = checkout();
    Path lock = Files.createDirectories(checkout.resolve("app/target/launcher/lock"));
    // No process has this number: it is above the largest that Linux gives.
    Files.writeString(lock.resolve("pid"), "99999999\n");
    assertThat(heed(checkout.resolve("heed")).code()).isEqualTo(7);
    assertThat(lock).doesNotExist();
  }

  @Test
  void withoutALocaleArgumentsAreStillUtf8() throws Exception {
    Path java = jdk.resolve("bin/java");
    Files.writeString(java, "#!/bin/sh\necho \"$LC_ALL\"\n");
    environment.put("LC_ALL", "");
    environment.put("LC_CTYPE", "");
    environment.put("LANG", "");
    assertThat(heed(installed.resolve("bin/heed")).out()).isEqualTo("C.UTF-8\n");
    environment.put("LANG", "de_DE.UTF-8");
    assertThat(heed(installed.resolve("bin/heed")).out()).isEqualTo("\n");
  }
}
