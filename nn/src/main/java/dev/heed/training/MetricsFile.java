package dev.heed.training;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `metrics.jsonl` of a run: one JSON object a line, for each step and each evaluation.
final class MetricsFile implements AutoCloseable {
  private static final String NAME = "metrics.jsonl";
  private static final Pattern STEP = Pattern.compile("\"step\":(\\d+)");

  private static final long SECOND_NANOS = 1_000_000_000;

  private final @Nullable BufferedWriter writer;
  private long flushed = System.nanoTime();

  private MetricsFile(@Nullable BufferedWriter writer) {
    this.writer = writer;
  }

  /// Goes on after `step`: lines of later steps, which will be done again, are taken out.
  static MetricsFile open(@Nullable Path directory, long step) {
    if (directory == null) {
      return new MetricsFile(null);
    }
    Path file = directory.resolve(NAME);
    try {
      Files.createDirectories(directory);
      if (Files.exists(file)) {
        keepUntil(file, step);
      }
      BufferedWriter writer =
          Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      return new MetricsFile(writer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Replaces the file in one move, so that a kill loses no line.
  private static void keepUntil(Path file, long step) throws IOException {
    List<String> kept = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      Matcher matcher = STEP.matcher(line);
      if (line.endsWith("}") && matcher.find() && Long.parseLong(matcher.group(1)) <= step) {
        kept.add(line);
      }
    }
    Path next = file.resolveSibling(NAME + ".next");
    Files.write(next, kept);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  void write(TrainingProgress.Step step) {
    write(
        String.format(
            Locale.ROOT,
            "{\"step\":%d,\"loss\":%.6f,\"learning_rate\":%.6e,\"gradient_norm\":%.6f,"
                + "\"targets_per_second\":%.1f}",
            step.step(),
            step.loss(),
            step.learningRate(),
            step.gradientNorm(),
            step.targetsPerSecond()));
  }

  void write(TrainingProgress.Evaluation evaluation) {
    write(
        String.format(
            Locale.ROOT,
            "{\"step\":%d,\"validation_loss\":%.6f}",
            evaluation.step(),
            evaluation.loss()));
  }

  private void write(String line) {
    if (writer != null) {
      try {
        writer.write(line);
        writer.newLine();
        if (System.nanoTime() - flushed > SECOND_NANOS) { // somebody may be watching
          flush();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  void flush() {
    if (writer != null) {
      try {
        writer.flush();
        flushed = System.nanoTime();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
