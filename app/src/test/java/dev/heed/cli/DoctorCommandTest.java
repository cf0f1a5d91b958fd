package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Kernels;
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
