package dev.heed.training;

import java.io.PrintStream;
import java.util.Locale;

/// Hears how a training goes.
public interface TrainingProgress {
  /// Hears nothing.
  TrainingProgress SILENT = new TrainingProgress() {};

  /// Prints a line at every evaluation.
  static TrainingProgress to(PrintStream out) {
    return new TrainingProgress() {
      private double loss;
      private long steps;

      @Override
      public void step(Step step) {
        loss = step.loss();
        steps = step.steps();
      }

      @Override
      public void evaluation(Evaluation evaluation) {
        out.printf(
            Locale.ROOT,
            "step %,d of %,d: loss %.4f, held out %.4f%n",
            evaluation.step(),
            steps,
            loss,
            evaluation.loss());
      }
    };
  }

  /// Before the first step of this process.
  default void begins(TrainingMemory memory) {}

  /// After every step.
  default void step(Step step) {}

  /// After every evaluation.
  default void evaluation(Evaluation evaluation) {}

  /// When a checkpoint is safely on disk.
  default void saved(long step) {}

  /// Both: this hears each event first, then `next`.
  default TrainingProgress then(TrainingProgress next) {
    TrainingProgress first = this;
    return new TrainingProgress() {
      @Override
      public void begins(TrainingMemory memory) {
        first.begins(memory);
        next.begins(memory);
      }

      @Override
      public void step(Step step) {
        first.step(step);
        next.step(step);
      }

      @Override
      public void evaluation(Evaluation evaluation) {
        first.evaluation(evaluation);
        next.evaluation(evaluation);
      }

      @Override
      public void saved(long step) {
        first.saved(step);
        next.saved(step);
      }
    };
  }

  /// One step.
  ///
  /// @param step its number, from 1
  /// @param steps how many there will be
  /// @param loss the mean loss of its targets, in nats
  /// @param learningRate its learning rate
  /// @param gradientNorm the norm of the gradient before clipping
  /// @param targetsPerSecond since this process began
  /// @param secondsLeft estimated from this process's steps
  record Step(
      long step,
      long steps,
      double loss,
      double learningRate,
      double gradientNorm,
      double targetsPerSecond,
      double secondsLeft) {}

  /// One evaluation on the validation data.
  ///
  /// @param step after how many steps
  /// @param loss the mean loss of all targets, in nats
  /// @param best whether it is the lowest so far
  record Evaluation(long step, double loss, boolean best) {}
}
