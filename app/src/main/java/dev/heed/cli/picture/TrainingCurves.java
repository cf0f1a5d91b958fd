package dev.heed.cli.picture;

import dev.heed.model.ConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The course of a training: the loss of the steps, smoothed, and of the evaluations.
///
/// Not thread-safe.
public final class TrainingCurves {
  /// More points than any picture has pixels are thinned out.
  private static final int MOST_POINTS = 2000;

  private static final double SMOOTHING = 0.95;

  /// A point of a curve.
  ///
  /// @param loss in nats
  public record Point(long step, double loss) {}

  private final List<Point> steps = new ArrayList<>();
  private final List<Point> evaluations = new ArrayList<>();
  private double smoothed = Double.NaN;
  private long told;
  private int every = 1;

  /// The curves in a run's `metrics.jsonl`.
  public static TrainingCurves ofMetrics(Path file) throws IOException {
    TrainingCurves curves = new TrainingCurves();
    for (String line : Files.readAllLines(file)) {
      ConfigFile values = ConfigFile.parse(file.toString(), line.getBytes(StandardCharsets.UTF_8));
      long step = values.integer("step");
      if (values.value("loss").isPresent()) {
        curves.addStep(step, values.number("loss"));
      }
      if (values.value("validation_loss").isPresent()) {
        curves.addEvaluation(step, values.number("validation_loss"));
      }
    }
    return curves;
  }

  /// What stands above a picture of the curves of `loss`.
  static String heading(String loss) {
    return loss + ": thin in training (smoothed), points on held-out text";
  }

  /// The next step.
  public void addStep(long step, double loss) {
    smoothed = Double.isNaN(smoothed) ? loss : SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
    if (told++ % every == 0) {
      steps.add(new Point(step, smoothed));
    }
    if (steps.size() > MOST_POINTS) {
      every *= 2;
      List<Point> kept = new ArrayList<>();
      for (int i = 0; i < steps.size(); i += 2) {
        kept.add(steps.get(i));
      }
      steps.clear();
      steps.addAll(kept);
    }
  }

  /// The next evaluation on held-out data.
  public void addEvaluation(long step, double loss) {
    evaluations.add(new Point(step, loss));
  }

  /// The loss of the steps, smoothed.
  public List<Point> steps() {
    return List.copyOf(steps);
  }

  /// The loss of the evaluations.
  public List<Point> evaluations() {
    return List.copyOf(evaluations);
  }

  /// The lowest loss; where there are not two different ones, half below it.
  public double low() {
    return lowest() < highest() ? lowest() : lowest() - 0.5;
  }

  /// The highest loss; where there are not two different ones, half above it.
  public double high() {
    return lowest() < highest() ? highest() : highest() + 0.5;
  }

  private double lowest() {
    return points().mapToDouble(Point::loss).min().orElse(0.5);
  }

  private double highest() {
    return points().mapToDouble(Point::loss).max().orElse(0.5);
  }

  /// The last step, at least 1.
  public long last() {
    return Math.max(1, points().mapToLong(Point::step).max().orElse(1));
  }

  private Stream<Point> points() {
    return Stream.concat(steps.stream(), evaluations.stream());
  }
}
