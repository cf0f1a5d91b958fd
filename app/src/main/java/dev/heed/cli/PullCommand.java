package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.hub.Hub;
import dev.heed.hub.HubListing;
import dev.heed.hub.HubListing.RemoteFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed pull`: a model from the hub into its cache.
@Command(
    name = "pull",
    description = "Fetches a model from the Hugging Face hub, for --model owner/name.")
final class PullCommand implements Callable<Integer> {
  private static final long MEGABYTE = 1_000_000;

  /// The branch that is meant where none is said.
  static final String MAIN = "main";

  private final HeedCommand heed;

  @Parameters(paramLabel = "OWNER/NAME", description = "the model's name on the hub")
  private String repository = "";

  @Option(
      names = "--revision",
      paramLabel = "R",
      description = "a branch, tag or commit (default: main)")
  private String revision = MAIN;

  @Option(
      names = "--file",
      paramLabel = "GLOB",
      description = "only these files, such as *Q4_K_M.gguf; may be given several times")
  private List<String> globs = List.of();

  PullCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    heed.out().println(pull(heed, repository, revision, globs));
    return ExitCode.DONE.code();
  }

  /// The folder of the model's files, fetched where the cache lacks them, after saying what and how
  /// large.
  ///
  /// @param globs the files that are wanted; none for those that Heed reads
  static Path pull(HeedCommand heed, String repository, String revision, List<String> globs)
      throws IOException {
    if (heed.offline()) {
      Optional<Path> cached = SavedModels.hub(heed).snapshot(repository, revision);
      return cached.orElseThrow(() ->
          CommandFailure.missing(
              "%s (%s) is not in the hub's cache %s, and --offline forbids to fetch it"
                  .formatted(repository, revision, SavedModels.hub(heed).folder())));
    }
    try (Hub hub = Hub.at(heed.invocation().environment(), SavedModels.hub(heed))) {
      HubListing listing = hub.list(repository, revision);
      List<RemoteFile> wanted = globs.isEmpty() ? listing.needed() : listing.matching(globs);
      List<RemoteFile> missing =
          wanted.stream().filter(file -> !hub.isCached(listing, file)).toList();
      say(hub, listing, wanted, missing, heed.notes());
      long bytes = HubListing.bytes(missing);
      try (ProgressBar bar = heed.progress();
          Interruption interruption = Interruption.watch()) {
        if (bytes > 0) {
          bar.begin("", Math.ceilDiv(bytes, MEGABYTE), "MB");
        }
        Path folder =
            hub.fetch(
                listing,
                wanted,
                done -> {
                  if (interruption.requested()) {
                    throw new CommandFailure(
                        ExitCode.INTERRUPTED,
                        "interrupted; `heed pull %s` again goes on there".formatted(repository),
                        null);
                  }
                  bar.update(done / MEGABYTE, Map.of());
                });
        bar.end(Map.of());
        return folder;
      }
    }
  }

  private static void say(
      Hub hub,
      HubListing listing,
      List<RemoteFile> wanted,
      List<RemoteFile> missing,
      PrintStream notes) {
    notes.printf(
        Locale.ROOT,
        "%s of %s at %s: %d files, %s; to fetch: %s%n",
        listing.repository(),
        hub.endpoint(),
        listing.commit().substring(0, 12),
        wanted.size(),
        size(HubListing.bytes(wanted)),
        missing.isEmpty() ? "nothing, all are here" : size(HubListing.bytes(missing)));
    for (RemoteFile file : missing) {
      notes.println("  " + file.name() + "  " + size(file.size()));
    }
  }

  private static String size(long bytes) {
    return bytes < MEGABYTE
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
  }
}
