package dev.heed.weights;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// Writes a file so that readers, and whoever looks after a power cut, see the old one or the new
/// one, never a part.
public final class AtomicFile {
  /// Where the bytes of the new file go.
  static final class Output {
    private static final int CHUNK = 1 << 20;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);

    private Output(FileChannel channel) {
      this.channel = channel;
    }

    void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    /// Through a buffer, because a segment over a `float[]` has no `ByteBuffer`.
    void write(MemorySegment bytes) throws IOException {
      MemorySegment chunk = MemorySegment.ofBuffer(buffer.clear());
      for (long written = 0; written < bytes.byteSize(); written += CHUNK) {
        int count = (int) Math.min(CHUNK, bytes.byteSize() - written);
        MemorySegment.copy(bytes, written, chunk, 0, count);
        write(buffer.clear().limit(count));
      }
    }
  }

  /// What writes the new file's bytes.
  @FunctionalInterface
  interface Body {
    void writeTo(Output output) throws IOException;
  }

  private AtomicFile() {}

  /// Writes `bytes` to `file`, replacing what was there.
  ///
  /// @throws UncheckedIOException if they cannot be written
  public static void write(Path file, byte[] bytes) {
    write(file, output -> output.write(ByteBuffer.wrap(bytes)));
  }

  /// Writes a file beside `file`, forces it to the disk and moves it to `file`.
  static void write(Path file, Body body) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IllegalArgumentException("expected a file: received " + file);
    }
    // Not Files.createTempFile, whose files only their owner may read.
    Path temporary = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try (var channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        body.writeTo(new Output(channel));
        channel.force(true);
      }
      Files.move(temporary, file, ATOMIC_MOVE, REPLACE_EXISTING);
      forceFolder(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException ignored) {
        // What is left is a hidden file that nothing reads.
      }
    }
  }

  /// Makes the move itself lasting, where the system lets a folder be opened.
  private static void forceFolder(Path folder) {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException ignored) {
      // Windows does not open folders, and journals the move.
    }
  }
}
