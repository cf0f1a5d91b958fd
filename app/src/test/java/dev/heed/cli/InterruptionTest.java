package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class InterruptionTest {

  /// Works until it is interrupted, then saves.
  static final class Work {
    private Work() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (Interruption interruption = Interruption.watch()) {
        System.out.println("working");
        while (!interruption.requested()) {
          Thread.sleep(1);
        }
      }
      Thread.sleep(50);
      System.out.println("saved");
      Interruption.mainEnded();
      System.exit(Integer.parseInt(arguments[0]));
    }
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void workThatIsInterruptedFinishesSavingAndExitsWith130() throws Exception {
    assumeThat(Path.of("/bin/sh")).as("there is no kill command here").exists();
    assumeThat(ignoresInterrupts()).as("nohup or & makes children deaf to Ctrl-C").isFalse();
    Process work = start(Work.class.getName(), "7");
    try (BufferedReader out = work.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("working");
      new ProcessBuilder("/bin/sh", "-c", "kill -INT " + work.pid()).start().waitFor();
      assertThat(out.readLine()).isEqualTo("saved");
      assertThat(work.waitFor()).isEqualTo(ExitCode.INTERRUPTED.code());
    } finally {
      work.destroyForcibly();
    }
  }

  /// Whether this process was started so that SIGINT means nothing to it, nor to its children.
  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return false;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
  }

  @Test
  void workThatIsNotInterruptedKnowsNothingOfIt() {
    try (Interruption interruption = Interruption.watch()) {
      assertThat(interruption.requested()).isFalse();
    }
  }

  private static Process start(String... arguments) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String[] command = new String[arguments.length + 3];
    command[0] = java;
    command[1] = "-cp";
    command[2] = System.getProperty("java.class.path");
    System.arraycopy(arguments, 0, command, 3, arguments.length);
    return new ProcessBuilder(command).start();
  }
}
