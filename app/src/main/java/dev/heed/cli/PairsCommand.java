package dev.heed.cli;

import dev.heed.data.TextPairs.Pair;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed pairs`: texts with their translations that come with Heed.
@Command(
    name = "pairs",
    description =
        "Writes English texts with their German translations to learn from and to try:"
            + " numbers or dates in words.")
final class PairsCommand implements Callable<Integer> {
  private static final int MOST = 100_000;

  private final HeedCommand heed;

  enum Kind {
    NUMBERS,
    DATES
  }

  @Parameters(paramLabel = "KIND", description = "numbers (below a million) or dates (1500-2099)")
  private @Nullable Kind kind;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "how many pairs to learn from (default: ${DEFAULT-VALUE})")
  private int count = 20_000;

  @Option(
      names = "--held-out",
      paramLabel = "N",
      description = "how many other pairs to try (default: ${DEFAULT-VALUE})")
  private int heldOut = 1000;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "where train.tsv and test.tsv go, new or empty")
  private @Nullable Path out;

  PairsCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    Path folder = Objects.requireNonNull(out);
    if (count < 1 || heldOut < 1 || count > MOST || heldOut > MOST) {
      throw CommandFailure.usage(
          "--count and --held-out must be in 1…%d: received %d and %d"
              .formatted(MOST, count, heldOut));
    }
    if (!Folders.isFree(folder)) {
      throw CommandFailure.usage("-o must be new or empty: received " + folder);
    }
    SpelledPairs spelled = new SpelledPairs();
    SpelledPairs.Drawn drawn =
        switch (Objects.requireNonNull(kind)) {
          case NUMBERS -> spelled.numbers(count, heldOut, heed.seed());
          case DATES -> spelled.dates(count, heldOut, heed.seed());
        };
    Files.createDirectories(folder);
    write(folder.resolve("train.tsv"), drawn.learned());
    write(folder.resolve("test.tsv"), drawn.tried());
    heed.notes()
        .printf(
            Locale.ROOT,
            "Saved: %s with train.tsv (%,d pairs) and test.tsv (%,d others)%n",
            folder,
            count,
            heldOut);
    heed.notes().printf("Type next: heed train translate --data %s%n", folder.resolve("train.tsv"));
    return ExitCode.DONE.code();
  }

  private static void write(Path file, List<Pair> pairs) throws IOException {
    try (Writer writer = Files.newBufferedWriter(file)) {
      writer.write("source\ttarget\n");
      for (Pair pair : pairs) {
        writer.write(pair.source() + "\t" + pair.target() + "\n");
      }
    }
  }
}
