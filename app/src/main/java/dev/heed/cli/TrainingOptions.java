package dev.heed.cli;

import dev.heed.explorer.ExplorerServer;
import dev.heed.explorer.ListenAddress;
import dev.heed.nn.Recomputation;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What every command that trains may be asked beside what it learns: `--explore`, `--recompute`.
final class TrainingOptions {
  @Option(names = "--explore", description = "show the curves in the browser while it trains")
  private boolean explore;

  @Option(
      names = "--recompute",
      description =
          "keep only what blocks take, and compute the rest again for the gradient: less memory,"
              + " more time, the same result")
  private boolean recompute;

  /// Trains as asked; see [TrainingRun#train].
  ///
  /// @param run the folder of the run
  Trainer.History train(
      HeedCommand heed,
      Path run,
      long steps,
      String rate,
      Function<TrainingProgress, Trainer.History> training,
      Runnable stop) {
    try (Page page = open(heed, run)) {
      Supplier<Trainer.History> whole = () -> TrainingRun.train(heed, steps, rate, training, stop);
      return recompute ? Recomputation.during(whole) : whole.get();
    }
  }

  /// The page, if it was asked for.
  private record Page(@Nullable ExplorerServer server) implements AutoCloseable {
    @Override
    public void close() {
      if (server != null) {
        server.close();
      }
    }
  }

  /// Serves and shows the page that watches a run, until it is closed.
  private Page open(HeedCommand heed, Path run) {
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
