package dev.heed.cli;

import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Path;

/// The training of a small model that Heed can make of texts that come with it.
interface SmallTraining {
  /// How many steps it takes.
  long steps();

  /// Trains, or goes on where it was interrupted.
  Trainer.History run(TrainingProgress progress);

  /// Ends [#run] after the step that runs now.
  void stop();

  /// Writes the model.
  void save(Path directory) throws IOException;
}
