package dev.heed.cli;

import dev.heed.data.Dataset;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which of a user's data is used, and how: `--data`, `--columns` and `--skip-bad-rows`, to be
/// mixed into every command that reads rows.
final class DatasetOptions {
  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          ".tsv, .csv, .jsonl or .txt, gzip too, .parquet, or a folder of folders of texts")
  private @Nullable Path data;

  @Option(
      names = "--columns",
      split = ",",
      paramLabel = "C",
      description = "which columns to take, by name or number (default: by name, else in order)")
  private List<String> columns = List.of();

  @Option(
      names = "--skip-bad-rows",
      description = "count rows that cannot be used and go on (default: stop)")
  private boolean skipBadRows;

  /// The Parquet reader tells standard error which codecs it uses. Loggers are slow to load.
  private static final class Parquet {
    static final Logger LOGGER = Logger.getLogger("dev.hardwood");
  }

  /// The file or folder.
  Path data() {
    Path path = data;
    if (path == null) {
      throw CommandFailure.usage("--data must name a file or folder of texts");
    }
    if (!Files.exists(path)) {
      throw new UncheckedIOException(new NoSuchFileException(path.toString()));
    }
    return path.toAbsolutePath();
  }

  /// Whether `--data` was given.
  boolean given() {
    return data != null;
  }

  List<String> columns() {
    return columns;
  }

  boolean skipBadRows() {
    return skipBadRows;
  }

  /// Reads the data.
  Dataset read() {
    return read(data(), columns, skipBadRows);
  }

  /// Reads data in the way that these options say.
  static Dataset read(Path data, List<String> columns, boolean skipBadRows) {
    if (data.toString().endsWith(".parquet")) {
      Parquet.LOGGER.setLevel(Level.WARNING);
    }
    try {
      Dataset dataset = Dataset.of(data).withColumns(columns);
      return skipBadRows ? dataset.skippingBadRows() : dataset;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
