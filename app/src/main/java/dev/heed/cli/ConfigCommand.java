package dev.heed.cli;

import dev.heed.cli.Settings.Setting;
import dev.heed.tensor.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import tools.jackson.core.JsonGenerator;

/// `heed config`: which settings are in force, and why.
@Command(name = "config", description = "Prints which settings are in force, and why.")
final class ConfigCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private ResultOutput output = new ResultOutput();

  @Spec private @Nullable CommandSpec spec;

  ConfigCommand(HeedCommand heed) {
    this.heed = heed;
  }

  /// A line of the answer.
  private record Row(String name, @Nullable Object value, String why) {}

  @Override
  public Integer call() throws IOException {
    List<Row> rows = rows();
    output.write(
        heed,
        out -> {
          switch (output.format()) {
            case TEXT -> text(rows, out);
            case JSON, JSONL -> Json.write(out, output.format(), json -> json(rows, json));
          }
        });
    return ExitCode.DONE.code();
  }

  private List<Row> rows() {
    Map<String, @Nullable Object> inForce = new LinkedHashMap<>();
    inForce.put("model", heed.model().orElse(null));
    inForce.put("seed", heed.seed());
    inForce.put("threads", heed.threads().orElse(Runtime.getRuntime().availableProcessors()));
    inForce.put(
        "precision", heed.precision().map(Precision::name).orElse("fp32").toLowerCase(Locale.ROOT));
    inForce.put("offline", heed.offline());
    inForce.put("quiet", heed.quiet());
    inForce.put("verbose", heed.verbose());
    List<Row> rows = new ArrayList<>();
    rows.add(
        new Row(
            "home",
            heed.home().toString(),
            heed.invocation().environment().getOrDefault("HEED_HOME", "").isEmpty()
                ? "default"
                : "environment variable HEED_HOME"));
    rows.add(
        new Row(
            "config",
            heed.settings().file().map(Object::toString).orElse(null),
            heed.settings().file().isPresent() ? why("config") : "no file"));
    inForce.forEach((name, value) -> rows.add(new Row(name, value, why(name))));
    // Options of single commands show only where the environment or the file sets them.
    for (String name : new TreeSet<>(Main.settingNames(Main.commandLine(heed)))) {
      Optional<Setting> setting = heed.settings().find(name);
      if (!inForce.containsKey(name) && setting.isPresent()) {
        rows.add(new Row(name, setting.get().value(), setting.get().why()));
      }
    }
    return rows;
  }

  private String why(String name) {
    for (CommandLine level : levels()) {
      ParseResult result = level.getParseResult();
      if (result.hasMatchedOption("--" + name)) {
        return "flag --" + name;
      }
    }
    if (name.equals("config")) {
      return heed.invocation().environment().containsKey("HEED_CONFIG")
          ? "environment variable HEED_CONFIG"
          : "found in the home folder";
    }
    return heed.settings().find(name).map(Setting::why).orElse("default");
  }

  private List<CommandLine> levels() {
    return root().getParseResult().asCommandLineList();
  }

  private CommandLine root() {
    if (spec == null) {
      throw new IllegalStateException("a command runs within a command line");
    }
    return spec.root().commandLine();
  }

  private static void text(List<Row> rows, PrintStream out) {
    int name = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    int value = rows.stream().mapToInt(row -> shown(row).length()).max().orElse(0);
    String format = "%-" + name + "s  %-" + value + "s  (%s)%n";
    rows.forEach(row -> out.printf(Locale.ROOT, format, row.name(), shown(row), row.why()));
  }

  private static String shown(Row row) {
    return row.value() == null ? "-" : row.value().toString();
  }

  private static void json(List<Row> rows, JsonGenerator json) {
    json.writeStartObject();
    for (Row row : rows) {
      json.writeName(row.name());
      json.writeStartObject();
      json.writeName("value");
      Json.value(json, row.value());
      json.writeStringProperty("why", row.why());
      json.writeEndObject();
    }
    json.writeEndObject();
  }
}
