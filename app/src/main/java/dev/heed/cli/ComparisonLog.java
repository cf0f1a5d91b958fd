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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a comparison has done so far, in `runs.jsonl` of its folder, whose first line says what was
/// asked: so that one that was interrupted goes on.
///
/// @param done the lines after the first as they were when it was opened
record ComparisonLog(Path file, List<ConfigFile> done) {
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
      Files.writeString(file, first);
    }
    return new ComparisonLog(file, List.copyOf(done));
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
