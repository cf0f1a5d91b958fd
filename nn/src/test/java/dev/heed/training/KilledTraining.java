package dev.heed.training;

import java.nio.file.Path;

/// A small training with a checkpoint after every step, in a process of its own: for
/// [KilledTrainingTest] to kill.
final class KilledTraining {
  static final long STEPS = 24;

  private KilledTraining() {}

  /// Trains in the directory that the first argument names, and prints the number of each saved
  /// step.
  public static void main(String[] arguments) {
    TinyGpt model = run(Path.of(arguments[0]), System.out::println);
    System.out.println("done " + model.parameterCount());
  }

  interface Saved {
    void step(long step);
  }

  static TinyGpt run(Path directory, Saved saved) {
    TinyGpt model = new TinyGpt(1, 0.2);
    Trainer<TinyGpt.Batch> trainer =
        new Trainer<>(
            model,
            model::loss,
            new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1)),
            LearningRateSchedule.cosine(1e-2, 3, STEPS, 1e-3),
            new Trainer.Configuration(STEPS, 7, 2, 1, 4, 0, 1, directory));
    trainer.fit(
        new TinyGpt.Counting(1, 10),
        new TinyGpt.Counting(2, 1),
        new TrainingProgress() {
          @Override
          public void saved(long step) {
            saved.step(step);
          }
        });
    return model;
  }
}
