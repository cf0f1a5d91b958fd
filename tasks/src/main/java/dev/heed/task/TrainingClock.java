package dev.heed.task;

import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How long a training has taken, the processes before this one included: its checkpoints' folder
/// has a file `seconds`, written with each of them.
final class TrainingClock implements TrainingProgress {
  private final @Nullable Path file;
  private final double before;
  private final long begun = System.nanoTime();

  /// Begins, or goes on.
  ///
  /// @param checkpoints where the state of the training is kept; null for nowhere
  TrainingClock(@Nullable Path checkpoints) {
    this.file = checkpoints == null ? null : checkpoints.resolve("seconds");
    try {
      before = file != null && Files.exists(file) ? Double.parseDouble(Files.readString(file)) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Until now.
  double seconds() {
    return before + (System.nanoTime() - begun) / 1e9;
  }

  @Override
  public void saved(long step) {
    if (file != null) {
      try {
        Files.writeString(file, Double.toString(seconds()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
