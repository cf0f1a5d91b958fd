package dev.heed.cli;

import dev.heed.cli.terminal.Table;
import dev.heed.hub.HubCache;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.task.MiniLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed models`: which models are on this machine.
@Command(name = "models", description = "Lists the models on this machine that --model may name.")
final class ModelsCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private ResultOutput output = new ResultOutput();

  ModelsCommand(HeedCommand heed) {
    this.heed = heed;
  }

  /// A model that is here.
  ///
  /// @param name what `--model` may say
  /// @param from `with Heed`, `saved` under Heed's folder, or the `hub`'s cache with the revision
  /// @param type the family, empty where nothing says it
  private record Row(String name, String from, String type, long bytes, Path path) {
    Map<String, Object> values() {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("name", name);
      values.put("from", from);
      values.put("type", type);
      values.put("bytes", bytes);
      values.put("path", path.toString());
      return values;
    }

    List<String> cells() {
      String size =
          bytes < 1_000_000
              ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
              : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
      return List.of(name, from, type.isEmpty() ? "-" : type, size, path.toString());
    }
  }

  @Override
  public Integer call() throws IOException {
    List<Row> rows = new ArrayList<>();
    Optional<Path> minilm = MiniLm.unpacked(heed.home());
    if (minilm.isPresent()) {
      rows.add(row(MiniLm.NAME, "with Heed", minilm.get()));
    }
    for (Path saved : SavedModels.all(heed)) {
      rows.add(row(saved.getFileName().toString(), "saved", saved));
    }
    for (HubCache.Cached cached : SavedModels.hub(heed).models()) {
      rows.add(row(cached.repository(), "hub " + cached.revision(), cached.snapshot()));
    }
    if (rows.isEmpty()) {
      heed.notes().println("no models yet: `heed demo` trains one, `heed pull` fetches one");
    }
    output.write(
        heed,
        out -> {
          switch (output.format()) {
            case TEXT ->
                Table.lines(rows.stream().map(Row::cells).toList(), Integer.MAX_VALUE)
                    .forEach(out::println);
            case JSON ->
                Json.write(
                    out,
                    Format.JSON,
                    json -> Json.value(json, rows.stream().map(Row::values).toList()));
            case JSONL -> {
              for (Row row : rows) {
                Json.write(out, Format.JSONL, json -> Json.value(json, row.values()));
              }
            }
          }
        });
    return ExitCode.DONE.code();
  }

  private static Row row(String name, String from, Path directory) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return new Row(name, from, type(directory), bytes, directory);
  }

  private static String type(Path directory) {
    Path config = directory.resolve("config.json");
    try {
      return Files.exists(config) ? ConfigFile.read(config).string("model_type", "") : "";
    } catch (ModelException e) {
      return "damaged"; // what is wrong with it, `heed inspect` says
    }
  }
}
