package dev.heed.cli;

import dev.heed.explorer.ExplorerServer;
import dev.heed.explorer.ListenAddress;
import dev.heed.explorer.ModelShelf;
import dev.heed.explorer.Preparation;
import dev.heed.task.MiniLm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// Serves the explorer's page and shows it.
final class ExplorerPage {
  private ExplorerPage() {}

  /// Serves it, if the model that opens first is there.
  ///
  /// @param runs folders of training runs to watch
  /// @param address where it listens
  /// @param port 0 for any that is free
  static ExplorerServer serve(
      HeedCommand heed,
      Preparation preparation,
      Supplier<List<Path>> runs,
      ListenAddress address,
      int port) {
    Shelf shelf = new Shelf(heed);
    shelf.path(shelf.names().getFirst()); // says now what would be missing
    return ExplorerServer.start(shelf, preparation, runs, address, port);
  }

  /// What is asked for first, then minilm and the saved models.
  private record Shelf(HeedCommand heed) implements ModelShelf {
    @Override
    public List<String> names() {
      List<String> names = new ArrayList<>();
      heed.model().ifPresent(names::add);
      names.add(MiniLm.NAME);
      SavedModels.all(heed).forEach(path -> names.add(String.valueOf(path.getFileName())));
      return names.stream().distinct().toList();
    }

    @Override
    public Path path(String name) {
      return SavedModels.named(heed, name);
    }
  }

  /// Shows an address in the user's browser, and says so where there is none.
  static void open(HeedCommand heed, String address) {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    List<String> command =
        system.contains("win")
            ? List.of("rundll32", "url.dll,FileProtocolHandler", address)
            : List.of(system.contains("mac") ? "open" : "xdg-open", address);
    try {
      new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      heed.notes().println("No browser was found: open the address in yours.");
    }
  }
}
