package dev.heed.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--format` and `-o`, to be mixed into every command that prints results.
final class ResultOutput {
  private static final int BUFFER = 1 << 16;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "text, json or jsonl (default: by the ending of FILE, else text)")
  private @Nullable Format format;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "write here instead of printing")
  private @Nullable Path file;

  /// The form asked for: by `--format`, else by the file's ending, else text.
  Format format() {
    return format(Format.TEXT);
  }

  /// The form asked for: by `--format`, else by the file's ending, else `otherwise`.
  Format format(Format otherwise) {
    if (format != null) {
      return format;
    }
    String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".json")) {
      return Format.JSON;
    }
    return name.endsWith(".jsonl") ? Format.JSONL : otherwise;
  }

  /// The file to write, or null for standard output.
  @Nullable Path file() {
    return file;
  }

  /// Hands `writing` the file, which appears whole or not at all, else `heed`'s standard output.
  void write(HeedCommand heed, WholeFile.Writing writing) throws IOException {
    Path target = file;
    if (target == null) {
      PrintStream out =
          new PrintStream(
              new BufferedOutputStream(heed.out(), BUFFER), false, StandardCharsets.UTF_8);
      try {
        writing.to(out);
      } finally {
        out.flush();
      }
      return;
    }
    WholeFile.write(target, writing);
  }
}
