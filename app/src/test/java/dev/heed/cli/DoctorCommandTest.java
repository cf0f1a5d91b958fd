package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Kernels;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
  @TempDir private Path home;

  @Test
  void itNamesTheKernelsInUseAndWhatElseThereWas() {
    String out = new Heed(home).run("doctor").out();
    assertThat(out).containsPattern("in-use +" + Kernels.active().name());
    assertThat(Kernels.report())
        .isNotEmpty()
        .allSatisfy(said -> assertThat(out).contains(said.substring(said.indexOf(": ") + 2)));
  }

  @Test
  void whereEmittedCodeMayNotRunItSaysWhyAndWhatRunsInstead() throws Exception {
    String path =
        System.getProperty("java.class.path")
            + File.pathSeparator
            + System.getProperty("jdk.module.path", "");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--illegal-native-access=deny",
            "-cp",
            path,
            Main.class.getName(),
            "doctor");
    builder.environment().put("HEED_HOME", home.toString());
    Process process = builder.redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    assertThat(out)
        .containsPattern("in-use +reference")
        .containsPattern("x86 +native access is denied to Heed.*--enable-native-access=ALL-UNNAMED")
        .containsPattern("vector +.*--add-modules jdk.incubator.vector");
  }

  @Test
  void itNamesTheJdkTheMemoryTheFoldersAndTheTerminal() {
    String out = new Heed(home).run("doctor").out();
    assertThat(out)
        .contains(System.getProperty("java.runtime.version"))
        .containsPattern("usable-bytes +[\\d.]+ [KMGT]iB")
        .contains(home.resolve(".heed").toString())
        .contains("not a terminal");
  }

  @Test
  void jsonGivesBytesAsNumbers() {
    String json = new Heed(home).run("doctor", "--format", "jsonl").out();
    assertThat(json).hasLineCount(1).containsPattern("\"heap-bytes\":\\{\"value\":\\d+,");
  }

  @Test
  void sizesAreReadable() {
    assertThat(Diagnosis.size(0)).isEqualTo("0 B");
    assertThat(Diagnosis.size(1023)).isEqualTo("1023 B");
    assertThat(Diagnosis.size(1536)).isEqualTo("1.5 KiB");
    assertThat(Diagnosis.size(25L << 30)).isEqualTo("25.0 GiB");
  }
}
