package dev.heed.cli;

import dev.heed.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `heed inspect`: what is in a model.
@Command(
    name = "inspect",
    description =
        "Shows what is in a model: architecture, parameters, tokenizer, tensors and metadata.")
final class InspectCommand implements Callable<Integer> {
  private static final int WIDEST = 160;

  private final HeedCommand heed;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "a model as --model takes it, or a file of weights or of a tokenizer")
  private @Nullable String model;

  @Mixin private ResultOutput output = new ResultOutput();

  InspectCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (model != null && heed.model().isPresent()) {
      throw CommandFailure.usage("give MODEL or --model, not both");
    }
    Path path = model == null ? SavedModels.resolve(heed) : SavedModels.named(heed, model);
    Map<String, Object> sections = Inspection.of(path);
    output.write(
        heed,
        out -> {
          switch (output.format()) {
            case TEXT -> sections.forEach((name, section) -> text(name, section, out));
            case JSON, JSONL ->
                Json.write(out, output.format(), json -> Json.value(json, sections));
          }
        });
    return ExitCode.DONE.code();
  }

  private static void text(String name, Object section, PrintStream out) {
    switch (section) {
      case Map<?, ?> facts -> {
        out.println(name);
        List<List<String>> rows = new ArrayList<>();
        facts.forEach((key, value) -> rows.add(List.of("  " + key, shown(value))));
        Table.lines(rows, WIDEST).forEach(out::println);
      }
      case List<?> tensors -> {
        out.println(name);
        List<List<String>> rows = new ArrayList<>();
        for (Object each : tensors) {
          if (each instanceof Map<?, ?> tensor) {
            rows.add(
                List.of(
                    "  " + shown(tensor.get("name")),
                    shown(tensor.get("type")),
                    shown(tensor.get("shape"))));
          }
        }
        Table.lines(rows, WIDEST).forEach(out::println);
      }
      default -> out.println(name + "  " + section);
    }
  }

  private static String shown(@Nullable Object value) {
    return switch (value) {
      case null -> "-";
      case Integer number -> String.format(Locale.ROOT, "%,d", number);
      case Long number -> String.format(Locale.ROOT, "%,d", number);
      case List<?> list -> list.toString();
      case Map<?, ?> map ->
          String.join(
              ", ",
              map.entrySet().stream()
                  .map(entry -> entry.getKey() + " " + shown(entry.getValue()))
                  .toList());
      default -> value.toString().replaceAll("\\R", "⏎").replace('\t', ' ');
    };
  }
}
