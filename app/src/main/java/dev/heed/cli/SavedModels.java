package dev.heed.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The models under `$HEED_HOME/models`, and what `--model` may name.
final class SavedModels {
  private static final String CONFIG = "config.json";

  private SavedModels() {}

  /// Where models are saved under their names.
  static Path folder(HeedCommand heed) {
    return heed.home().resolve("models");
  }

  /// The directory of the model that `--model` names, else of the one last saved; says on standard
  /// error which one, when it was not named.
  static Path resolve(HeedCommand heed) {
    Optional<String> named = heed.model();
    if (named.isPresent()) {
      return named(heed, named.get());
    }
    Path last =
        all(heed).stream()
            .max(Comparator.comparing(SavedModels::savedAt))
            .orElseThrow(() ->
                CommandFailure.missing(
                    "no model yet: `heed demo` trains one, or name one by --model"));
    heed.notes().println("model: " + last.getFileName() + " (" + last + ")");
    return last;
  }

  /// The tokenizer that `--model` names: a file, a directory that need hold nothing else, or that
  /// of a model.
  static Path tokenizer(HeedCommand heed) {
    Path named = Path.of(heed.model().orElse(""));
    boolean file = heed.model().isPresent() && Files.isRegularFile(named);
    boolean alone =
        heed.model().isPresent()
            && Files.isDirectory(named)
            && !Files.exists(named.resolve(CONFIG));
    return file || alone ? named : resolve(heed);
  }

  /// The models saved under a name, by name.
  static List<Path> all(HeedCommand heed) {
    Path folder = folder(heed);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(entry -> Files.exists(entry.resolve(CONFIG))).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path named(HeedCommand heed, String name) {
    Path directory = Path.of(name);
    if (Files.exists(directory.resolve(CONFIG))) {
      return directory;
    }
    Path saved = folder(heed).resolve(name).normalize();
    if (saved.startsWith(folder(heed)) && Files.exists(saved.resolve(CONFIG))) {
      return saved;
    }
    throw CommandFailure.missing(
        "no model %s: neither a directory with a config.json nor one of %s"
            .formatted(
                name, all(heed).stream().map(path -> path.getFileName().toString()).toList()));
  }

  private static FileTime savedAt(Path model) {
    try {
      return Files.getLastModifiedTime(model.resolve(CONFIG));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
