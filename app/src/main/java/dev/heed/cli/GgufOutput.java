package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.model.GgufExport;
import dev.heed.task.LanguageModel;
import dev.heed.weights.GgufReader;
import dev.heed.weights.StoredType;
import java.nio.file.Path;
import java.util.Map;

/// Writes a language model, of whatever kind it is, as a GGUF file.
final class GgufOutput {
  private GgufOutput() {}

  /// Writes the model in `from` to `to`, with matrices of this type.
  static void write(HeedCommand heed, Path from, Path to, StoredType type) {
    if (to.equals(from)) {
      throw CommandFailure.usage("-o must be another file than the model's: received " + to);
    }
    String name = String.valueOf(from.toAbsolutePath().normalize().getFileName());
    GgufExport export =
        isGguf(from) ? GgufExport.of(GgufReader.open(from)) : LanguageModel.load(from).toGguf(name);
    try (ProgressBar progress = heed.progress()) {
      progress.begin("tensors", export.tensors().size());
      export.write(to, type, done -> progress.update(done, Map.of()));
      progress.end(Map.of());
    }
    heed.notes().println("saved " + to);
  }

  static boolean isGguf(Path path) {
    return path.toString().endsWith(".gguf");
  }
}
