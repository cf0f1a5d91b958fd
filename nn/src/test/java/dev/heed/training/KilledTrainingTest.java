package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.heed.tensor.CounterRandom;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledTrainingTest {
  private static final long KEY = CounterRandom.key(1, 0, 0);
  private static final int MOST_SAVES = 6;
  private static final int LONGEST_DELAY_NANOS = 20_000_000;

  @TempDir Path directory;

  /// Kills the process without a warning (SIGKILL) at a moment that is drawn anew each time: up to
  /// six checkpoints and 20 milliseconds after it began to save, so while it computes, writes,
  /// renames or removes; or, every fifth time, while it still starts.
  @Test
  void aRunThatIsKilledAtAnyMomentEndsWithTheBitsOfOneThatWasNot() throws Exception {
    Path whole = directory.resolve("whole");
    Path killed = directory.resolve("killed");
    KilledTraining.run(whole, step -> {});
    int kills = 0;
    while (!isDone(killed)) {
      assertThat(kills).as("the run must come to its end").isLessThan(100);
      boolean starting = kills % 5 == 4;
      int saves = starting ? 0 : 1 + CounterRandom.below(MOST_SAVES, KEY, 2L * kills);
      int delay = CounterRandom.below(LONGEST_DELAY_NANOS, KEY, 2L * kills + 1);
      kill(killed, saves, starting ? 10 * delay : delay);
      kills++;
    }
    assertThat(kills).isGreaterThan(5);
    String last = "step-" + KilledTraining.STEPS;
    assertThat(killed.resolve("latest")).hasContent(last);
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
      assertThat(killed.resolve(last).resolve(file))
          .hasSameBinaryContentAs(whole.resolve(last).resolve(file));
    }
    assertThat(metrics(killed)).isEqualTo(metrics(whole));
  }

  private static boolean isDone(Path run) {
    Path latest = TrainingCheckpoint.latest(run);
    return latest != null && latest.endsWith("step-" + KilledTraining.STEPS);
  }

  private void kill(Path run, int saves, int delayNanos) throws Exception {
    Process process = start(run);
    try (BufferedReader lines = process.inputReader()) {
      int seen = 0;
      for (String line = ""; seen < saves && line != null; seen++) {
        line = lines.readLine();
      }
      LockSupport.parkNanos(delayNanos);
    } finally {
      process.destroyForcibly();
    }
    int code = process.waitFor();
    if (code != 0 && code != 128 + 9) {
      fail("the training must run or be killed: it ended with %d:%n%s", code, errors());
    }
  }

  private Process start(Path run) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    // It starts faster so; the bits depend neither on the compiler nor on the number of threads.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dheed.threads=1"));
    for (String property : new String[] {"heed.kernels", "heed.cpu"}) {
      String value = System.getProperty(property);
      if (value != null) {
        command.add("-D" + property + "=" + value);
      }
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            KilledTraining.class.getName(),
            run.toString()));
    return new ProcessBuilder(command).redirectError(errorFile().toFile()).start();
  }

  private Path errorFile() {
    return directory.resolve("errors");
  }

  private String errors() throws IOException {
    return Files.readString(errorFile());
  }

  /// The lines without the speed, which is never the same.
  private static List<String> metrics(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"targets_per_second\":[^,}]*", ""))
        .toList();
  }
}
