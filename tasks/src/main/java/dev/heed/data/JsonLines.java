package dev.heed.data;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads JSON lines as a table: a column for each key that occurs.
final class JsonLines {
  private JsonLines() {}

  private record Line(String place, Map<String, @Nullable Object> values, String fault) {}

  static Dataset read(Path file) {
    List<Line> lines = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>();
    DatasetReader.Lines texts = new DatasetReader.Lines(file);
    while (texts.hasNext()) {
      String text = texts.next();
      if (text.isBlank()) {
        continue;
      }
      Line line = line(texts.place(), text);
      keys.addAll(line.values.keySet());
      lines.add(line);
    }
    List<Dataset.Row> rows = new ArrayList<>();
    for (Line line : lines) {
      List<String> cells = keys.stream().map(key -> text(line.values.get(key))).toList();
      rows.add(new Dataset.Row(line.place, cells, line.fault));
    }
    return new Dataset(file.toString(), List.copyOf(keys), rows);
  }

  private static Line line(String place, String text) {
    try {
      ConfigFile object = ConfigFile.parse("the line", text.getBytes(StandardCharsets.UTF_8));
      return new Line(place, object.values(), "");
    } catch (ModelException e) {
      return new Line(place, Map.of(), String.valueOf(e.getMessage()));
    }
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case List<?> list -> list.stream().map(JsonLines::text).collect(Collectors.joining("|"));
      default -> value.toString();
    };
  }
}
