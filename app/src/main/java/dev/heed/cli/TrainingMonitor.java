package dev.heed.cli;

import dev.heed.cli.picture.TrainingCurves;
import dev.heed.cli.terminal.LineChart;
import dev.heed.cli.terminal.ProgressBar;
import dev.heed.cli.terminal.Terminal;
import dev.heed.tensor.MemoryLimit;
import dev.heed.training.TrainingMemory;
import dev.heed.training.TrainingProgress;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a training shows while it runs: the memory it takes, the time it will take, a bar with its
/// figures and, on a terminal, its curves above. Stops the training when it is interrupted.
final class TrainingMonitor implements TrainingProgress {
  /// After so many steps the pace is known well enough to say how long a run takes.
  private static final int STEPS_OF_PACE = 10;

  /// The first step is not like the others.
  private static final int LEAST_STEPS = 3;

  private static final double SECONDS_OF_PACE = 10;

  /// Of a run that ends sooner nobody asks.
  private static final double LONG_SECONDS = 15;

  private static final int CHART_ROWS = 8;

  private final PrintStream notes;
  private final ProgressBar bar;
  private final String rate;
  private final Interruption interruption;
  private final Runnable stop;
  private final TrainingCurves curves = new TrainingCurves();
  private final Map<String, Double> figures = new LinkedHashMap<>();
  private final long steps;
  private long first;
  private long done;
  private boolean begun;
  private boolean timeTold;

  /// @param steps how many the run has
  /// @param rate what a second's targets are called, such as `tokens/s`
  /// @param stop ends the training after the step that runs now: what an interruption does
  TrainingMonitor(
      PrintStream notes,
      ProgressBar bar,
      long steps,
      String rate,
      Interruption interruption,
      Runnable stop) {
    this.notes = notes;
    this.bar = bar;
    this.steps = steps;
    this.rate = rate;
    this.interruption = interruption;
    this.stop = stop;
  }

  @Override
  public void begins(TrainingMemory memory) {
    long limit = MemoryLimit.ofThisProcess().bytes();
    notes.printf(
        "Memory: about %s%s: parameters %s, gradients %s, optimizer %s, activations of a step %s%n",
        size(memory.total()),
        limit == 0 ? "" : " of " + size(limit),
        size(memory.parameters()),
        size(memory.gradients()),
        size(memory.optimizer()),
        size(memory.activations()));
    beginBar();
  }

  private void beginBar() {
    bar.begin("", steps);
    bar.panel(this::chart);
    begun = true;
  }

  static String size(long bytes) {
    return bytes >= 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  @Override
  public void step(Step step) {
    if (!begun) {
      beginBar(); // of a training that tells no memory
    }
    if (first == 0) {
      first = step.step();
      bar.startAt(first - 1); // more than 0 where a run goes on
    }
    done = step.step();
    curves.addStep(done, step.loss());
    figures.put("loss", step.loss());
    figures.put(rate, step.targetsPerSecond());
    tellTime(step);
    bar.update(done, figures);
    if (interruption.requested()) {
      stop.run();
    }
  }

  private void tellTime(Step step) {
    long now = step.step() - first + 1;
    long left = step.steps() - step.step();
    double each = step.secondsLeft() / Math.max(1, left);
    boolean early = now < LEAST_STEPS || (now < STEPS_OF_PACE && now * each < SECONDS_OF_PACE);
    if (timeTold || left == 0 || early) {
      return;
    }
    timeTold = true;
    if (step.secondsLeft() >= LONG_SECONDS) {
      bar.note(
          String.format(
              Locale.ROOT,
              "Time: about %s for %,d steps of %.2f s, and the evaluations",
              ProgressBar.duration((long) (step.secondsLeft() * 1e9)),
              left,
              each));
    }
  }

  @Override
  public void evaluation(Evaluation evaluation) {
    curves.addEvaluation(evaluation.step(), evaluation.loss());
    figures.put("val_loss", evaluation.loss());
    bar.milestone(evaluation.step(), figures);
  }

  /// Leaves the last figures standing.
  void end() {
    bar.end(done, figures);
  }

  private List<String> chart(Terminal terminal) {
    List<String> chart =
        LineChart.lines(
            points(curves.steps()),
            points(curves.evaluations()),
            steps,
            terminal.columns() - 1,
            CHART_ROWS,
            terminal.colors());
    if (chart.isEmpty()) {
      return chart;
    }
    List<String> lines = new ArrayList<>(List.of("loss: in training, smoothed; o held out"));
    lines.addAll(chart);
    return lines;
  }

  private static List<LineChart.Point> points(List<TrainingCurves.Point> points) {
    return points.stream().map(point -> new LineChart.Point(point.step(), point.loss())).toList();
  }
}
