package dev.heed.cli;

import dev.heed.model.ConfigFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// What a comparison has done so far, in `runs.jsonl` of its folder, whose first line says what was
/// asked: so that one that was interrupted goes on. Trainings that have not ended keep their state
/// in the folder `unfinished` beside it.
///
/// @param done the lines after the first as they were when it was opened
record ComparisonLog(Path file, List<ConfigFile> done) {
  private static final String UNFINISHED = "unfinished";

  /// Opens the log of the same comparison; what is there of another one goes.
  ///
  /// @param asked all that the figures follow from
  static ComparisonLog open(Path folder, Map<String, @Nullable Object> asked) throws IOException {
    Path file = folder.resolve("runs.jsonl");
    String first = json(asked);
    List<ConfigFile> done = new ArrayList<>();
    if (Files.exists(file) && Files.readString(file).startsWith(first)) {
      for (String line : Files.readAllLines(file).stream().skip(1).toList()) {
        done.add(ConfigFile.parse(file.toString(), line.getBytes(StandardCharsets.UTF_8)));
      }
    } else {
      Path unfinished = folder.resolve(UNFINISHED);
      if (Files.exists(unfinished)) {
        Folders.remove(unfinished);
      }
      Files.writeString(file, first);
    }
    return new ComparisonLog(file, List.copyOf(done));
  }

  /// Where a training keeps its state until it has ended and [#add] has its result.
  Path unfinished(String name) {
    return file.resolveSibling(UNFINISHED).resolve(name);
  }

  /// Removes the state of a training that has ended.
  void finished(Path unfinished) throws IOException {
    if (Files.exists(unfinished)) {
      Folders.remove(unfinished);
      Path all = file.resolveSibling(UNFINISHED);
      if (Folders.isFree(all)) {
        Files.delete(all);
      }
    }
  }

  /// What a setting is worth.
  interface Attempt {
    /// @param unfinished where the attempt keeps its state
    /// @return the larger the better; NaN if it was interrupted
    double of(double setting, Path unfinished);
  }

  /// The setting of a method that is worth most. Those that were not tried yet are tried, and
  /// written down.
  ///
  /// @return NaN if it was interrupted
  double best(Enum<?> method, List<Double> settings, Attempt attempt) throws IOException {
    double best = settings.getFirst();
    double most = Double.NEGATIVE_INFINITY;
    for (double setting : settings) {
      OptionalDouble known = tried(method, setting);
      Path unfinished = unfinished("%s-%s".formatted(method.name(), setting));
      double worth = known.isPresent() ? known.getAsDouble() : attempt.of(setting, unfinished);
      if (Double.isNaN(worth)) {
        return Double.NaN;
      }
      if (known.isEmpty()) {
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("tried", method.name());
        line.put("setting", setting);
        line.put("worth", worth);
        add(line);
        finished(unfinished);
      }
      if (worth > most) {
        most = worth;
        best = setting;
      }
    }
    return best;
  }

  /// What a setting was worth, if it was tried.
  OptionalDouble tried(Enum<?> method, double setting) {
    return done.stream()
        .filter(line -> line.value("tried").isPresent())
        .filter(line -> line.string("tried").equals(method.name()))
        .filter(line -> line.number("setting") == setting)
        .mapToDouble(line -> line.number("worth"))
        .findFirst();
  }

  /// Writes a line down.
  void add(Map<String, @Nullable Object> line) throws IOException {
    Files.writeString(file, json(line), StandardOpenOption.APPEND);
  }

  private static String json(Map<String, @Nullable Object> map) throws IOException {
    var bytes = new ByteArrayOutputStream();
    Json.write(
        new PrintStream(bytes, false, StandardCharsets.UTF_8),
        Format.JSONL,
        json -> Json.value(json, map));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
