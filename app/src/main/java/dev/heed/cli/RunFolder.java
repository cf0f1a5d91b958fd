package dev.heed.cli;

import dev.heed.model.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The folder of a training run: `run.json` says what was asked and, once it is done, the figures.
final class RunFolder {
  private static final String FILE = "run.json";

  private RunFolder() {}

  /// Writes down what is asked, before the run begins; the folder must be new or empty.
  static void begin(Path folder, Map<String, @Nullable Object> asked) throws IOException {
    if (Files.isDirectory(folder)) {
      try (var inside = Files.list(folder)) {
        if (inside.findAny().isPresent()) {
          throw CommandFailure.usage(
              "-o must be new or empty: received %s; --resume %s goes on with a run"
                  .formatted(folder, folder));
        }
      }
    }
    Files.createDirectories(folder);
    new ConfigFile(FILE, asked).write(folder.resolve(FILE));
  }

  /// What was asked of a run that is not done.
  static ConfigFile unfinished(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw CommandFailure.missing("no run in " + folder + ": it has no " + FILE);
    }
    ConfigFile asked = ConfigFile.read(file);
    if (asked.value("figures").isPresent()) {
      throw CommandFailure.usage("the run in " + folder + " is finished: nothing to resume");
    }
    return asked;
  }

  /// Writes the figures down, which ends the run; its checkpoints are no longer needed.
  static void end(Path folder, Map<String, @Nullable Object> asked, Map<String, Object> figures)
      throws IOException {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(asked);
    all.put("figures", figures);
    new ConfigFile(FILE, all).write(folder.resolve(FILE));
    Files.deleteIfExists(folder.resolve("latest"));
    try (var steps = Files.newDirectoryStream(folder, "step-*")) {
      for (Path step : steps) {
        Folders.remove(step);
      }
    }
  }
}
