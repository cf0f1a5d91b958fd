package dev.heed.kernels.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VectorKernelsProviderTest {
  @Test
  void offersKernelsWhereTheModuleIsThere() {
    Kernels.Offer offer = new VectorKernelsProvider().offer();
    assertThat(offer.kernels()).isInstanceOf(VectorKernels.class);
    assertThat(offer.reason()).contains("bits on");
  }

  @Test
  void isFoundAndChosen() throws Exception {
    String said = java("--add-modules", "jdk.incubator.vector");
    assertThat(said).contains("vector " + 8 * Lanes.BYTES + ": in use");
  }

  @Test
  void saysWhichFlagIsMissingWhereTheModuleIsAbsent() throws Exception {
    String said = java();
    assertThat(said)
        .contains("vector: the Vector API is not there; java --add-modules jdk.incubator.vector")
        .contains("reference: in use");
  }

  /// What [Report] prints in a JVM with these flags.
  private static String java(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(
        List.of(
            "-Xshare:auto", "-cp", System.getProperty("java.class.path"), Report.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  /// Prints which kernels were chosen and why.
  static final class Report {
    private Report() {}

    public static void main(String[] args) {
      Kernels.active();
      System.out.println(String.join("\n", Kernels.report()));
    }
  }
}
