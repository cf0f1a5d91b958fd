package dev.heed.cli;

import dev.heed.explorer.ExplorerServer;
import dev.heed.explorer.ListenAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--explore` of the commands that train.
final class WatchOption {
  @Option(names = "--explore", description = "show the curves in the browser while it trains")
  private boolean explore;

  /// The page, if it was asked for.
  record Page(@Nullable ExplorerServer server) implements AutoCloseable {
    @Override
    public void close() {
      if (server != null) {
        server.close();
      }
    }
  }

  /// Serves and shows the page that watches a run, until it is closed.
  Page open(HeedCommand heed, Path run) {
    if (!explore) {
      return new Page(null);
    }
    ExplorerServer server =
        ExplorerPage.serve(
            heed, new SmallModels(heed, 0), () -> List.of(run), ListenAddress.LOOPBACK, 0);
    String address = server.address() + "?view=training";
    heed.notes().println("Watch it at " + address);
    ExplorerPage.open(heed, address);
    return new Page(server);
  }
}
