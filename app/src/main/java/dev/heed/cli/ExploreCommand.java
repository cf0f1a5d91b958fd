package dev.heed.cli;

import dev.heed.explorer.ExplorerServer;
import dev.heed.explorer.ListenAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
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
      description = "the port of the page's address (default: any that is free)")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "where the page is served: an address or a name of this machine, 0.0.0.0 for all of them"
              + " (default: 127.0.0.1, which no other machine reaches)")
  private String host = "127.0.0.1";

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
    ListenAddress address = address();
    SmallModels small = new SmallModels(heed, 0);
    if (prepare && !small.prepare()) {
      return ExitCode.INTERRUPTED.code();
    }
    try (Interruption interruption = Interruption.watch();
        ExplorerServer server = ExplorerPage.serve(heed, small, this::watched, address, port)) {
      heed.out().println(server.address());
      heed.out().flush();
      if (address.isOpen()) {
        heed.notes().println("Whoever reaches this address can use it, without a password.");
      }
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

  private ListenAddress address() {
    try {
      return ListenAddress.of(host);
    } catch (UnknownHostException e) {
      throw CommandFailure.usage("--host must be an address of this machine: received " + host);
    }
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
