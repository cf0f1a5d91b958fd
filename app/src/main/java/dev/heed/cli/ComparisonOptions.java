package dev.heed.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How long a comparison may take, how often each method is trained, and where the table goes. To
/// be mixed in.
final class ComparisonOptions {
  @Option(
      names = "--budget",
      paramLabel = "MINUTES",
      description = "how long all may take together (default: ${DEFAULT-VALUE})")
  private double budget = 30;

  @Option(names = "--full", description = "as long as each usually learns, however long it takes")
  private boolean full;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "how often each is trained that chance has a part in (default: ${DEFAULT-VALUE})")
  private int seeds = 3;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description =
          "where table and pictures go (default: comparisons/ and what is compared in Heed's home)")
  private @Nullable Path out;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "of the figures: text, json or jsonl (default: text)")
  private Format format = Format.TEXT;

  void check() {
    if (!(budget > 0) || seeds < 1) {
      throw CommandFailure.usage(
          "--budget must be more than 0, --seeds 1 or more: received %s, %d"
              .formatted(budget, seeds));
    }
  }

  /// Whether each learns as long as it usually does.
  boolean full() {
    return full;
  }

  /// How long all may take together, in seconds; infinite for as long as it is usual.
  double seconds() {
    return full ? Double.POSITIVE_INFINITY : 60 * budget;
  }

  /// What was asked for, to be written down; null for as long as it is usual.
  @Nullable Double budget() {
    return full ? null : budget;
  }

  int seeds() {
    return seeds;
  }

  Format format() {
    return format;
  }

  /// The folder of a comparison, which exists then.
  ///
  /// @param compared such as `classify`
  Path folder(HeedCommand heed, String compared) throws IOException {
    Path folder = out == null ? heed.home().resolve("comparisons").resolve(compared) : out;
    return Files.createDirectories(folder);
  }
}
