package dev.heed.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Maps a file for reading.
final class MappedFile {
  private MappedFile() {}

  /// The whole file, unmapped when nothing refers to the segment or a slice of it any more.
  ///
  /// @throws UncheckedIOException when it cannot be read; a [java.nio.file.NoSuchFileException] is
  ///   the cause when it is missing
  static MemorySegment read(Path file) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
