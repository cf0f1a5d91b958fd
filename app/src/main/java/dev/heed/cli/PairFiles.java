package dev.heed.cli;

import dev.heed.data.TextPairs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The files of texts with their translations that a command works on: one of `--data`, or two of
/// `--source` and `--target`. To be mixed in.
final class PairFiles {
  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @Option(names = "--source", paramLabel = "FILE", description = "sources, a line each")
  private @Nullable Path source;

  @Option(
      names = "--target",
      paramLabel = "FILE",
      description = "their translations, as many lines")
  private @Nullable Path target;

  /// What `--data` and its companions say.
  DatasetOptions dataset() {
    return dataset;
  }

  /// The file of pairs, or those of sources and targets.
  List<Path> paths() {
    Path from = source;
    Path to = target;
    if (from == null && to == null && dataset.given()) {
      return List.of(dataset.data());
    }
    if (from == null || to == null || dataset.given() || !dataset.columns().isEmpty()) {
      throw CommandFailure.usage(
          "give --data, or --source and --target: received --data %s, --source %s, --target %s"
              .formatted(dataset.given() ? dataset.data() : "nothing", from, to));
    }
    for (Path path : List.of(from, to)) {
      if (!Files.exists(path)) {
        throw CommandFailure.missing("no such file: " + path);
      }
    }
    return List.of(from.toAbsolutePath(), to.toAbsolutePath());
  }

  /// Reads them.
  TextPairs read() {
    return read(paths(), dataset.columns(), dataset.skipBadRows());
  }

  /// Reads the files that [#paths] gave.
  static TextPairs read(List<Path> paths, List<String> columns, boolean skipBadRows) {
    try {
      TextPairs pairs =
          paths.size() == 1
              ? TextPairs.of(DatasetOptions.read(paths.getFirst(), columns, skipBadRows))
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
