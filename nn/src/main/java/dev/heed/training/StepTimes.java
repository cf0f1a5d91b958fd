package dev.heed.training;

import java.util.ArrayList;
import java.util.List;

/// How long the steps of a training take, without what comes before the first: to tell from a few
/// steps how long a run will be.
///
/// Not thread-safe.
public final class StepTimes implements TrainingProgress {
  private final List<Long> ends = new ArrayList<>();

  @Override
  public void step(Step step) {
    ends.add(System.nanoTime());
  }

  /// The median time of the later half of the steps, in seconds: the earlier ones still compile.
  ///
  /// @throws IllegalStateException before the second step
  public double median() {
    if (ends.size() < 2) {
      throw new IllegalStateException("expected two steps or more: received " + ends.size());
    }
    List<Long> taken = new ArrayList<>();
    for (int i = Math.max(1, ends.size() / 2); i < ends.size(); i++) {
      taken.add(ends.get(i) - ends.get(i - 1));
    }
    return taken.stream().sorted().skip(taken.size() / 2).findFirst().orElseThrow() / 1e9;
  }
}
