package dev.heed.cli;

import dev.heed.hub.HubCache;
import dev.heed.hub.HubException;
import dev.heed.model.ConfigFile;
import dev.heed.model.Lora;
import dev.heed.task.MiniLm;
import dev.heed.tensor.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
    return last(
        heed, model -> true, "no model yet: `heed demo` trains one, or name one by --model");
  }

  /// Like [#resolve], among the models of one kind.
  ///
  /// @param kind what the class at Hugging Face ends with, such as `ForSequenceClassification`
  /// @param trainer the command that trains such a model
  static Path lastOf(HeedCommand heed, String kind, String trainer) {
    return last(
        heed,
        model -> architecture(model).endsWith(kind),
        "no such model yet: `%s` trains one, or name one by --model".formatted(trainer));
  }

  private static Path last(HeedCommand heed, Predicate<Path> wanted, String none) {
    Optional<String> named = heed.model();
    if (named.isPresent()) {
      return named(heed, named.get());
    }
    Path last =
        all(heed).stream()
            .filter(wanted)
            .max(Comparator.comparing(SavedModels::savedAt))
            .orElseThrow(() -> CommandFailure.missing(none));
    heed.notes().println("model: " + last.getFileName() + " (" + last + ")");
    return last;
  }

  /// The class at Hugging Face that a model's directory names, empty where it names none.
  static String architecture(Path model) {
    Path config = model.resolve(CONFIG);
    if (!Files.exists(config)) {
      return "";
    }
    List<String> architectures = ConfigFile.read(config).strings("architectures");
    return architectures.isEmpty() ? "" : architectures.getFirst();
  }

  /// The directory (or file) of the model that `--model` names, else minilm's; says on standard
  /// error which one, when it was not named.
  static Path orMiniLm(HeedCommand heed) {
    if (heed.model().isEmpty()) {
      heed.notes().println("model: " + MiniLm.NAME);
    }
    return named(heed, heed.model().orElse(MiniLm.NAME));
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

  /// The file or directory that `name` means: minilm, itself, the one saved under this name, or the
  /// one of the hub's cache. Refuses `--precision int8` for what is not quantised, where nothing is
  /// to be rounded.
  static Path named(HeedCommand heed, String name) {
    Path path = find(heed, name);
    boolean quantised =
        Files.isRegularFile(path) || Lora.isIn(path) && Files.isRegularFile(Lora.base(path));
    boolean rounds = Precision.current() == Precision.INT8;
    if (heed.precision().equals(Optional.of(Precision.INT8)) && !rounds && !quantised) {
      throw CommandFailure.usage(
          "--precision int8 needs a quantised file (.gguf) here, such as heed quantize writes:"
              + " received "
              + name);
    }
    return path;
  }

  private static Path find(HeedCommand heed, String name) {
    if (name.equals(MiniLm.NAME)) {
      return MiniLm.directory(heed.home());
    }
    Path path = Path.of(name);
    if (Files.isRegularFile(path) || Files.exists(path.resolve(CONFIG))) {
      return path;
    }
    Path saved = folder(heed).resolve(name).normalize();
    if (saved.startsWith(folder(heed)) && Files.exists(saved.resolve(CONFIG))) {
      return saved;
    }
    if (Files.isDirectory(path)) {
      return path; // what it lacks, its reader will say
    }
    try {
      Optional<Path> cached = hub(heed).snapshot(name, PullCommand.MAIN);
      if (cached.isPresent()) {
        return modelIn(cached.get());
      }
      if (name.contains("/") && HubCache.isRepository(name) && !heed.offline()) {
        return modelIn(PullCommand.pull(heed, name, PullCommand.MAIN, List.of()));
      }
    } catch (HubException e) {
      throw none(heed, name, e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw none(heed, name, "nor in the hub's cache", null);
  }

  private static CommandFailure none(
      HeedCommand heed, String name, @Nullable String hub, @Nullable HubException cause) {
    return new CommandFailure(
        ExitCode.MISSING,
        "no model %s: neither a file or directory, nor saved %s; %s"
            .formatted(
                name, all(heed).stream().map(each -> each.getFileName().toString()).toList(), hub),
        cause);
  }

  /// A single GGUF file stands for its folder.
  private static Path modelIn(Path snapshot) throws IOException {
    if (Files.exists(snapshot.resolve(CONFIG))) {
      return snapshot;
    }
    try (Stream<Path> files = Files.list(snapshot)) {
      List<Path> gguf = files.filter(file -> file.toString().endsWith(".gguf")).toList();
      return gguf.size() == 1 ? gguf.getFirst() : snapshot;
    }
  }

  /// The hub's cache, as the environment places it.
  static HubCache hub(HeedCommand heed) {
    return HubCache.at(heed.invocation().environment(), heed.invocation().userHome());
  }

  private static FileTime savedAt(Path model) {
    try {
      return Files.getLastModifiedTime(model.resolve(CONFIG));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
