package dev.heed.cli;

import dev.heed.hub.HubCache;
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

  /// The directory (or file) of the model that `--model` names, else the directory of the one last
  /// saved; says on standard error which one, when it was not named.
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

  /// The file or directory that `name` means: itself, the one saved under this name, or the one of
  /// the hub's cache.
  static Path named(HeedCommand heed, String name) {
    Path path = Path.of(name);
    if (Files.isRegularFile(path) || Files.exists(path.resolve(CONFIG))) {
      return path;
    }
    Path saved = folder(heed).resolve(name).normalize();
    if (saved.startsWith(folder(heed)) && Files.exists(saved.resolve(CONFIG))) {
      return saved;
    }
    Optional<Path> cached = cached(heed, name);
    if (cached.isPresent()) {
      return cached.get();
    }
    if (Files.isDirectory(path)) {
      return path; // what it lacks, its reader will say
    }
    throw CommandFailure.missing(
        "no model %s: neither a file or directory, nor saved %s, nor in the hub's cache%s"
            .formatted(
                name,
                all(heed).stream().map(each -> each.getFileName().toString()).toList(),
                HubCache.isRepository(name) ? " (heed pull " + name + " fetches it)" : ""));
  }

  /// The hub's cache, as the environment places it.
  static HubCache hub(HeedCommand heed) {
    return HubCache.at(heed.invocation().environment(), heed.invocation().userHome());
  }

  private static Optional<Path> cached(HeedCommand heed, String name) {
    try {
      return hub(heed).snapshot(name, "main");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime savedAt(Path model) {
    try {
      return Files.getLastModifiedTime(model.resolve(CONFIG));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
