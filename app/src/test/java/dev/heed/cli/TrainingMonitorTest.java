package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.cli.terminal.Colors;
import dev.heed.cli.terminal.ProgressBar;
import dev.heed.cli.terminal.Terminal;
import dev.heed.training.TrainingMemory;
import dev.heed.training.TrainingProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TrainingMonitorTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream notes = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  /// What is said in a run of `steps` steps, each of a second, of which 20 are done.
  private String said(Terminal terminal, long steps) {
    try (Interruption interruption = Interruption.watch();
        ProgressBar bar = new ProgressBar(notes, terminal)) {
      var monitor = new TrainingMonitor(notes, bar, steps, "tokens/s", interruption, () -> {});
      monitor.begins(new TrainingMemory(4_000_000, 4_000_000, 8_000_000, 2_500_000_000L));
      for (long step = 1; step <= 20; step++) {
        monitor.step(
            new TrainingProgress.Step(step, steps, 5.0 / step, 1e-3, 1, 1234, steps - step));
      }
      monitor.evaluation(new TrainingProgress.Evaluation(20, 2.5, true));
      monitor.end();
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void memoryAndTimeAreToldAndEveryEvaluationIsALine() {
    assertThat(said(Terminal.none(80), 1000))
        .matches(
            "(?s)Memory: about 2\\.5 GB( of [^:]+)?: parameters 4\\.0 MB, gradients 4\\.0 MB,"
                + " optimizer 8\\.0 MB, activations of a step 2\\.5 GB\n"
                + "Time: about 16:30 for 990 steps of 1\\.00 s, and the evaluations\n"
                + "20/1000  .* left  .*loss: 0\\.2500  tokens/s: 1234  val_loss: 2\\.5000\n.*");
  }

  @Test
  void ofAShortRunNobodyAsksHowLongItTakes() {
    assertThat(said(Terminal.none(80), 20)).doesNotContain("Time:");
  }

  @Test
  void aTerminalSeesTheCurves() {
    assertThat(said(new Terminal(true, Colors.NONE, "", () -> 80), 20))
        .contains("loss: in training, smoothed; o held out", "  5.000 ⠀");
    bytes.reset();
    assertThat(said(new Terminal(true, Colors.NONE, "", () -> 30), 20))
        .doesNotContain("held out", "⠀");
  }
}
