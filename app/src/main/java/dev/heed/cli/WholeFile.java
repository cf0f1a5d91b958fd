package dev.heed.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/// Writes a file that appears whole or not at all: beside its place, and moved there at the end.
final class WholeFile {
  /// What writes a result.
  @FunctionalInterface
  interface Writing {
    /// Writes the result to `out`, in UTF-8.
    void to(PrintStream out) throws IOException;
  }

  private WholeFile() {}

  /// Writes `file`; its folder must be there.
  static void write(Path file, Writing writing) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw CommandFailure.missing("no such folder: " + folder);
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // /dev/stdout, a named pipe: nothing can be moved over it.
      writeTo(file, writing, file);
      return;
    }
    // Not Files.createTempFile, whose files only their owner may read.
    Path part = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      writeTo(part, writing, file);
      move(part, file);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void writeTo(Path place, Writing writing, Path file) throws IOException {
    try (PrintStream out =
        new PrintStream(
            new BufferedOutputStream(Files.newOutputStream(place)),
            false,
            StandardCharsets.UTF_8)) {
      writing.to(out);
      if (out.checkError()) {
        throw new IOException("could not write " + file);
      }
    }
  }

  private static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
