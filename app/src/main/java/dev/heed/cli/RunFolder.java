package dev.heed.cli;

import dev.heed.cli.picture.PngCurves;
import dev.heed.cli.picture.SvgCurves;
import dev.heed.cli.picture.TrainingCurves;
import dev.heed.model.ConfigFile;
import dev.heed.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The folder of a training run. `run.json` holds what the run was asked, so that it can go on and
/// be repeated, and its figures once it is finished.
///
/// @param path the folder
/// @param asked what `run.json` says; `task` is the subcommand of `heed train`, `data_sha256` what
///   the run learns from
record RunFolder(Path path, ConfigFile asked) {
  private static final String FILE = "run.json";
  private static final String PRECISION = "precision";

  /// Writes down what a run is asked, before it begins.
  static RunFolder begin(Path path, Map<String, @Nullable Object> asked) throws IOException {
    if (wasRefused(path)) {
      Folders.remove(path);
    }
    if (!Folders.isFree(path)) {
      throw CommandFailure.usage(
          "-o must be new or empty: received %s; --resume %s goes on with a run"
              .formatted(path, path));
    }
    Files.createDirectories(path);
    Map<String, @Nullable Object> all = new LinkedHashMap<>(asked);
    all.put(PRECISION, precision());
    RunFolder run = new RunFolder(path, new ConfigFile(FILE, all));
    run.asked.write(path.resolve(FILE));
    return run;
  }

  /// Whether a run began here that never made a step, as one for which there was no memory: it left
  /// nothing but what it was asked and its tokenizer.
  private static boolean wasRefused(Path path) throws IOException {
    if (!Files.exists(path.resolve(FILE))) {
      return false;
    }
    try (Stream<Path> inside = Files.list(path)) {
      return inside
          .map(file -> file.getFileName().toString())
          .allMatch(name -> name.equals(FILE) || name.startsWith("tokenizer"));
    }
  }

  /// Reads the run in `path`, which must be one of `task` that is not finished.
  static RunFolder read(Path path, String task) {
    Path file = path.resolve(FILE);
    if (!Files.exists(file)) {
      throw CommandFailure.missing("no run in " + path + ": it has no " + FILE);
    }
    ConfigFile asked = ConfigFile.read(file);
    if (!asked.string("task").equals(task)) {
      throw CommandFailure.usage(
          "the run in %s must be of heed train %s: received one of heed train %s"
              .formatted(path, task, asked.string("task")));
    }
    if (asked.value("figures").isPresent()) {
      throw CommandFailure.usage("the run in " + path + " is finished: nothing to resume");
    }
    String was = asked.string(PRECISION, "fp32");
    if (!was.equals(precision())) {
      throw CommandFailure.usage(
          "the run in %s computes in %s: it goes on with --precision %s".formatted(path, was, was));
    }
    return new RunFolder(path, asked);
  }

  /// In which precision the run in `path` computes; F32 where there is none that can be read.
  static Precision precision(Path path) {
    try {
      String was = ConfigFile.read(path.resolve(FILE)).string(PRECISION, "fp32");
      return Precision.valueOf(was.toUpperCase(Locale.ROOT));
    } catch (RuntimeException unreadable) {
      return Precision.FP32; // `read` tells what is wrong
    }
  }

  private static String precision() {
    return Precision.current().name().toLowerCase(Locale.ROOT);
  }

  /// The command of a run with the precision that is in force.
  static String inPrecision(String command) {
    return Precision.current() == Precision.FP32
        ? command
        : command + " --precision " + precision();
  }

  /// Refuses to go on where the data is not what it was.
  void requireSameData(String sha256) {
    if (!sha256.equals(asked.string("data_sha256"))) {
      throw CommandFailure.usage(
          "the data of the run in %s must be what it was: %s changed"
              .formatted(path, asked.strings("data")));
    }
  }

  /// Ends the run: writes `curves.svg` and `curves.png`, the model card and the figures, and
  /// removes the checkpoints, which are no longer needed.
  ///
  /// @param loss what the curves show, such as `Loss, nats a token`
  void end(String loss, ModelCard card, Map<String, @Nullable Object> figures) throws IOException {
    Path metrics = path.resolve("metrics.jsonl");
    if (Files.exists(metrics)) {
      TrainingCurves curves = TrainingCurves.ofMetrics(metrics);
      Files.writeString(path.resolve("curves.svg"), SvgCurves.svg(curves, loss));
      PngCurves.writeWhereThereIsAFont(curves, loss, path.resolve("curves.png"));
    }
    Files.writeString(path.resolve("README.md"), card.text(path));
    Map<String, @Nullable Object> all = new LinkedHashMap<>(asked.values());
    all.put("figures", figures);
    new ConfigFile(FILE, all).write(path.resolve(FILE));
    Files.deleteIfExists(path.resolve("latest"));
    Files.deleteIfExists(path.resolve("best.safetensors"));
    try (var steps = Files.newDirectoryStream(path, "step-*")) {
      for (Path step : steps) {
        Folders.remove(step);
      }
    }
  }
}
