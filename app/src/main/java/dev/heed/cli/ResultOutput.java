package dev.heed.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--format` and `-o`, to be mixed into every command that prints results.
final class ResultOutput {
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

  /// What writes a result.
  @FunctionalInterface
  interface Writing {
    /// Writes the result to `out`, in UTF-8.
    void to(PrintStream out) throws IOException;
  }

  /// The form asked for: by `--format`, else by the file's ending, else text.
  Format format() {
    if (format != null) {
      return format;
    }
    String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".json")) {
      return Format.JSON;
    }
    return name.endsWith(".jsonl") ? Format.JSONL : Format.TEXT;
  }

  /// Hands `writing` the file, else `heed`'s standard output. A file appears whole or not at all:
  /// it is written beside its place and moved there at the end.
  void write(HeedCommand heed, Writing writing) throws IOException {
    Path target = file;
    if (target == null) {
      writing.to(heed.out());
      heed.out().flush();
      return;
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw CommandFailure.missing("no such folder: " + folder);
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      // /dev/stdout, a named pipe: nothing can be moved over it.
      try (PrintStream out = open(target)) {
        finish(writing, out, target);
      }
      return;
    }
    Path part = Files.createTempFile(folder, "." + target.getFileName(), ".part");
    try {
      try (PrintStream out = open(part)) {
        finish(writing, out, target);
      }
      move(part, target);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static PrintStream open(Path file) throws IOException {
    return new PrintStream(
        new BufferedOutputStream(Files.newOutputStream(file)), false, StandardCharsets.UTF_8);
  }

  private static void finish(Writing writing, PrintStream out, Path target) throws IOException {
    writing.to(out);
    if (out.checkError()) {
      throw new IOException("could not write " + target);
    }
  }

  private static void move(Path part, Path target) throws IOException {
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
