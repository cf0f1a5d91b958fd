package dev.heed.cli;

import dev.heed.explorer.ExplorerServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `heed explore`: the attention explorer in the browser.
@Command(
    name = "explore",
    description = "Opens a page in the browser that shows what a model computes for your text.")
final class ExploreCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "where the page is served, at 127.0.0.1 only (default: any that is free)")
  private int port;

  @Option(names = "--no-browser", description = "only print the address")
  private boolean noBrowser;

  @Option(
      names = "--prepare",
      description =
          "first train the small models that some views need, a language model and a translator of"
              + " numbers, and keep them")
  private boolean prepare;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "a training run whose curves to show; may be given several times")
  private List<Path> runs = new ArrayList<>();

  ExploreCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (port < 0 || port > 65_535) {
      throw CommandFailure.usage("--port must be in 0…65535: received " + port);
    }
    for (Path run : runs) {
      if (!Files.isDirectory(run)) {
        throw CommandFailure.missing("no such folder: " + run);
      }
    }
    SmallModels small = new SmallModels(heed, 0);
    if (prepare && !small.prepare()) {
      return ExitCode.INTERRUPTED.code();
    }
    try (Interruption interruption = Interruption.watch();
        ExplorerServer server = ExplorerPage.serve(heed, small, this::watched, port)) {
      heed.out().println(server.address());
      heed.out().flush();
      heed.notes().println("Ctrl-C ends it.");
      if (!noBrowser) {
        ExplorerPage.open(heed, server.address());
      }
      while (!interruption.requested()) {
        Thread.sleep(200);
      }
      small.end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ExitCode.DONE.code();
  }

  /// The runs that were named, and those in Heed's own folder.
  private List<Path> watched() {
    List<Path> all = new ArrayList<>(runs);
    Path folder = heed.home().resolve("runs");
    for (Path place : List.of(folder, SavedModels.folder(heed))) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> inside = Files.list(place)) {
          inside.filter(Files::isDirectory).sorted().forEach(all::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return all;
  }
}
