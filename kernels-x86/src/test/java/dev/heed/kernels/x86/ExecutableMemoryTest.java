package dev.heed.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the provider says in a process of its own, under flags that forbid or cap.
class ExecutableMemoryTest {
  /// Started by the tests: prints what the provider offers.
  static final class Offer {
    public static void main(String[] args) {
      var offer = new X86KernelsProvider().offer();
      System.out.println(
          (offer.kernels() == null ? "none" : offer.kernels().name()) + ": " + offer.reason());
    }
  }

  private static String offerUnder(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Offer.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @Test
  void deniedNativeAccessIsAReasonNotAnError() throws Exception {
    assertThat(offerUnder("--illegal-native-access=deny"))
        .startsWith("none: native access is denied to Heed")
        .contains("--enable-native-access=ALL-UNNAMED");
  }

  @Test
  void anotherArchitectureIsAReasonNotAnError() throws Exception {
    assertThat(offerUnder("--enable-native-access=ALL-UNNAMED", "-Dos.arch=aarch64"))
        .contains("none: emitted kernels need an x86-64 processor: this is aarch64");
  }

  @Test
  void theLevelIsCappedByTheSystemProperty() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeFalse(
        Levels.available().isEmpty(), "this machine has no AVX2");
    assertThat(offerUnder("--enable-native-access=ALL-UNNAMED", "-Dheed.cpu=avx2"))
        .contains("x86 avx2: avx2 on ");
  }

  @Test
  void aCapThatTheProcessorLacksIsTheLevelBelow() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeFalse(
        Levels.available().isEmpty(), "this machine has no AVX2");
    String level = Levels.has(Level.AVXVNNI) ? "avxvnni" : "avx2";
    assertThat(offerUnder("--enable-native-access=ALL-UNNAMED", "-Dheed.cpu=avxvnni"))
        .contains("x86 " + level + ": " + level + " on ");
  }

  @Test
  void anUnknownLevelIsNamed() throws Exception {
    assertThat(offerUnder("--enable-native-access=ALL-UNNAMED", "-Dheed.cpu=avx1024"))
        .contains(
            "heed.cpu must be avx2, avxvnni, avx512, vnni, avx512bf16 or amx: received avx1024");
  }

  @Test
  void theProcessorNamesItsCaches() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(ExecutableMemory.isX86(), "not an x86-64");
    Cpu cpu = Cpu.detect();
    assertThat(cpu.name()).isNotBlank();
    assertThat(cpu.l1()).isBetween(8 * 1024, 1024 * 1024);
    assertThat(cpu.l2()).isGreaterThanOrEqualTo(cpu.l1());
  }
}
