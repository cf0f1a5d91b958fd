package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.model.GgufExport;
import dev.heed.task.LanguageModel;
import dev.heed.weights.GgufReader;
import dev.heed.weights.StoredType;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntConsumer;

/// Writes a language model, of whatever kind it is, as a GGUF file.
final class GgufOutput {
  private GgufOutput() {}

  /// Writes the model in `from` to `to`, with matrices of this type.
  static void write(HeedCommand heed, Path from, Path to, StoredType type) {
    if (to.equals(from)) {
      throw CommandFailure.usage("-o must be another file than the model's: received " + to);
    }
    try (ProgressBar progress = heed.progress()) {
      IntConsumer done = count -> progress.update(count, Map.of());
      if (isGguf(from)) {
        GgufExport file = GgufExport.of(GgufReader.open(from));
        progress.begin("tensors", file.tensors().size());
        file.write(to, type, done);
      } else {
        LanguageModel model = LanguageModel.load(from);
        progress.begin("tensors", 0);
        String name = String.valueOf(from.toAbsolutePath().normalize().getFileName());
        model.saveGguf(to, type, name, done);
      }
    }
    heed.notes().println("saved " + to);
  }

  static boolean isGguf(Path path) {
    return path.toString().endsWith(".gguf");
  }
}
