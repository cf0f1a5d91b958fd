package dev.heed.explorer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

/// The curves of training runs, while they run and afterwards. A run is a folder with
/// `metrics.jsonl`.
final class TrainingRuns {
  private static final String METRICS = "metrics.jsonl";
  private static final int MOST_BYTES = 1 << 20;

  private final Supplier<List<Path>> folders;

  TrainingRuns(Supplier<List<Path>> folders) {
    this.folders = folders;
  }

  /// The runs by name.
  Map<String, Path> all() {
    Map<String, Path> all = new LinkedHashMap<>();
    for (Path folder : folders.get()) {
      Path file = folder.resolve(METRICS);
      Path last = folder.toAbsolutePath().normalize().getFileName();
      if (Files.isRegularFile(file) && last != null) {
        String name = last.toString();
        for (int i = 2; all.containsKey(name); i++) {
          name = last + " (" + i + ")";
        }
        all.put(name, file);
      }
    }
    return all;
  }

  /// The whole lines of a run's metrics from `offset` bytes on, no more than a megabyte of them.
  ///
  /// @throws NoSuchElementException if there is no run of this name
  byte[] lines(String name, long offset) throws IOException {
    Path file = all().get(name);
    if (file == null) {
      throw new NoSuchElementException("no run of this name: " + name);
    }
    try (var channel = Files.newByteChannel(file)) {
      if (offset < 0 || offset >= channel.size()) {
        return new byte[0];
      }
      channel.position(offset);
      var buffer = java.nio.ByteBuffer.allocate(MOST_BYTES);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // until it is full or the file ends
      }
      String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
      return text.substring(0, text.lastIndexOf('\n') + 1).getBytes(StandardCharsets.UTF_8);
    }
  }

  /// The names.
  List<String> names() {
    return new ArrayList<>(all().keySet());
  }
}
