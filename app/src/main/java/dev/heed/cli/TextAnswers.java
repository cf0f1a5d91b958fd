package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/// Answers many texts: they are read, computed and written a window at a time, as lines, JSON lines
/// or one JSON value, with progress and an end on Ctrl-C.
final class TextAnswers {
  /// Texts that are read, sorted by length, computed and written before the next ones.
  private static final int WINDOW = 512;

  private final Format format;
  private final Function<List<String>, List<Answer>> computing;
  private final List<String> window = new ArrayList<>();
  private final List<Map<String, Object>> answers = new ArrayList<>();
  private long done;
  private boolean interrupted;

  /// What is said of a text.
  ///
  /// @param shown for people: a line or several
  /// @param values for programs
  record Answer(String shown, Map<String, Object> values) {}

  private TextAnswers(Format format, Function<List<String>, List<Answer>> computing) {
    this.format = format;
    this.computing = computing;
  }

  /// Answers all texts of `input` to `output`.
  ///
  /// @param doing what the progress is called, such as `Classifying`
  /// @param computing texts → an answer each
  static void write(
      HeedCommand heed,
      TextInput input,
      ResultOutput output,
      String doing,
      Function<List<String>, List<Answer>> computing)
      throws IOException {
    TextAnswers work = new TextAnswers(output.format(), computing);
    OptionalLong total = input.count();
    output.write(
        heed,
        out -> {
          try (Interruption interruption = Interruption.watch();
              ProgressBar bar = heed.progress()) {
            if (total.isPresent() && total.getAsLong() > WINDOW) {
              bar.begin(doing, total.getAsLong(), "text");
            }
            input.forEach(
                heed,
                text -> {
                  if (!interruption.requested()) {
                    work.window.add(text);
                    if (work.window.size() == WINDOW) {
                      work.compute(out);
                      bar.update(work.done, Map.of());
                    }
                  }
                });
            work.interrupted = interruption.requested();
            if (!work.interrupted) {
              work.compute(out);
              work.end(out);
            }
            if (total.isPresent() && total.getAsLong() > WINDOW) {
              bar.end(work.done, Map.of());
            }
          }
          if (work.interrupted) {
            throw new CommandFailure(
                ExitCode.INTERRUPTED, "interrupted after " + work.done + " texts", null);
          }
        });
  }

  private void compute(PrintStream out) throws IOException {
    for (Answer answer : computing.apply(window)) {
      switch (format) {
        case TEXT -> out.println(answer.shown);
        case JSONL -> Json.write(out, Format.JSONL, json -> Json.value(json, answer.values));
        case JSON -> answers.add(answer.values);
      }
    }
    done += window.size();
    window.clear();
  }

  /// JSON is one value for all texts, and so is written at the end.
  private void end(PrintStream out) throws IOException {
    if (format == Format.JSON) {
      Object all = answers.size() == 1 ? answers.getFirst() : answers;
      Json.write(out, Format.JSON, json -> Json.value(json, all));
    }
  }
}
