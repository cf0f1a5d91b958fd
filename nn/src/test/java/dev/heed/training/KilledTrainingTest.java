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
  private static final int MOST_SAVES = 3;
  private static final int LONGEST_DELAY_NANOS = 20_000_000;
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  @TempDir Path directory;

  /// When a process is killed. What goes on in it between is killed too: a moment is noticed some
  /// microseconds after it came.
  private enum Moment {
    /// Before it has done anything.
    STARTING,
    /// Anywhere between two checkpoints, or within one.
    ANY,
    WRITING_THE_WEIGHTS,
    WRITING_THE_OPTIMIZER,
    NAMING_THE_CHECKPOINT,
    REMOVING_THE_OLD_ONE;

    /// Whether it is this moment of the checkpoint after `step`.
    boolean isNow(Path run, long step) {
      Path old = run.resolve("step-" + step);
      Path next = run.resolve("step-" + (step + 1));
      return switch (this) {
        case STARTING, ANY -> true;
        case WRITING_THE_WEIGHTS -> Files.exists(next);
        case WRITING_THE_OPTIMIZER -> Files.exists(next.resolve("model.safetensors"));
        case NAMING_THE_CHECKPOINT -> Files.exists(next.resolve("optimizer.safetensors"));
        case REMOVING_THE_OLD_ONE ->
            !Files.exists(old.resolve("model.safetensors"))
                || !Files.exists(old.resolve("optimizer.safetensors"));
      };
    }
  }

  @Test
  void aRunThatIsKilledAtAnyMomentEndsWithTheBitsOfOneThatWasNot() throws Exception {
    Path whole = directory.resolve("whole");
    Path killed = directory.resolve("killed");
    KilledTraining.run(whole, step -> {});
    int kills = 0;
    for (; !isDone(killed); kills++) {
      assertThat(kills).as("the run must come to its end").isLessThan(100);
      kill(killed, Moment.values()[kills % Moment.values().length], kills);
    }
    assertThat(kills).isGreaterThan(Moment.values().length);
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

  /// Kills a process (SIGKILL) that goes on with `run`, after up to three checkpoints, at `moment`.
  private void kill(Path run, Moment moment, int round) throws Exception {
    int delay = CounterRandom.below(LONGEST_DELAY_NANOS, KEY, 2L * round);
    int saves = 1 + CounterRandom.below(MOST_SAVES, KEY, 2L * round + 1);
    Process process = start(run);
    try (BufferedReader lines = process.inputReader()) {
      switch (moment) {
        case STARTING -> LockSupport.parkNanos(10L * delay);
        case ANY -> {
          stepAfter(lines, saves);
          LockSupport.parkNanos(delay);
        }
        default -> {
          long step = stepAfter(lines, saves);
          long deadline = System.nanoTime() + PATIENCE_NANOS;
          while (process.isAlive() && !moment.isNow(run, step) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
          }
        }
      }
    } finally {
      process.destroyForcibly();
    }
    int code = process.waitFor();
    if (code != 0 && code != 128 + 9) {
      fail("the training must run or be killed: it ended with %d:%n%s", code, errors());
    }
  }

  /// Reads so many numbers of saved steps, and gives the last one.
  private static long stepAfter(BufferedReader lines, int saves) throws IOException {
    long step = 0;
    for (int i = 0; i < saves; i++) {
      String line = lines.readLine();
      if (line == null || line.startsWith("done")) {
        return step;
      }
      step = Long.parseLong(line);
    }
    return step;
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
