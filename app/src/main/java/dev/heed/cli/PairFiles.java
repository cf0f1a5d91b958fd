package dev.heed.cli;

import dev.heed.data.TextPairs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The files of texts with their translations that a command works on: one of `--data`, or two of
/// `--source` and `--target`. To be mixed in.
final class PairFiles {
  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "source, tab, target a line, in UTF-8, gzip too")
  private @Nullable Path data;

  @Option(
      names = "--columns",
      split = ",",
      paramLabel = "NAME",
      description = "the names of the two columns, where the first line of --data names them")
  private List<String> columns = List.of();

  @Option(names = "--source", paramLabel = "FILE", description = "sources, a line each")
  private @Nullable Path source;

  @Option(
      names = "--target",
      paramLabel = "FILE",
      description = "their translations, as many lines")
  private @Nullable Path target;

  /// Made by picocli.
  PairFiles() {}

  /// What the options of a command say that has them of its own.
  static PairFiles of(
      @Nullable Path data, List<String> columns, @Nullable Path source, @Nullable Path target) {
    PairFiles files = new PairFiles();
    files.data = data;
    files.columns = columns;
    files.source = source;
    files.target = target;
    return files;
  }

  /// The files of a run that goes on, as [#paths] gave them.
  static PairFiles of(List<Path> paths, List<String> columns) {
    return paths.size() == 1
        ? of(paths.getFirst(), columns, null, null)
        : of(null, columns, paths.getFirst(), paths.getLast());
  }

  /// The file of pairs, or those of sources and targets.
  List<Path> paths() {
    List<Path> paths = new ArrayList<>();
    Path pairs = data;
    Path from = source;
    Path to = target;
    if (pairs != null && from == null && to == null) {
      paths.add(pairs.toAbsolutePath());
    } else if (pairs == null && from != null && to != null && columns.isEmpty()) {
      paths.add(from.toAbsolutePath());
      paths.add(to.toAbsolutePath());
    } else {
      throw CommandFailure.usage(
          "give --data, perhaps with --columns, or --source and --target: received --data %s,"
                  .formatted(data)
              + " --source %s, --target %s, --columns %s".formatted(source, target, columns));
    }
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw CommandFailure.missing("no such file: " + path);
      }
    }
    return paths;
  }

  List<String> columns() {
    return columns;
  }

  /// Reads them.
  TextPairs read() {
    List<Path> paths = paths();
    try {
      TextPairs pairs =
          paths.size() == 1
              ? TextPairs.tsv(paths.getFirst(), columns)
              : TextPairs.parallel(paths.getFirst(), paths.getLast());
      if (pairs.pairs().isEmpty()) {
        throw CommandFailure.usage("expected texts with translations: received none in " + paths);
      }
      return pairs;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  /// The SHA-256 of all pairs.
  static String digest(TextPairs pairs) {
    MessageDigest digest = TextSplit.sha256();
    for (TextPairs.Pair pair : pairs.pairs()) {
      digest.update((pair.source() + "\t" + pair.target() + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
