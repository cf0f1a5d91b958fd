package dev.heed.cli;

import dev.heed.task.SemanticIndex;
import dev.heed.task.SentenceEmbedder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed search`: the passages of an index that fit a query best.
@Command(name = "search", description = "Finds the passages of an index by the meaning of a query.")
final class SearchCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Parameters(paramLabel = "QUERY", description = "what to look for, in any words")
  private String query = "";

  @Option(
      names = "--index",
      required = true,
      paramLabel = "DIR",
      description = "the folder that `heed index` wrote")
  private Path directory = Path.of("");

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "how many passages (default: ${DEFAULT-VALUE})")
  private int top = 5;

  @Mixin private ResultOutput output = new ResultOutput();

  SearchCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw CommandFailure.usage("--top must be 1 or more: received " + top);
    }
    if (!Files.exists(directory.resolve("index.json"))) {
      throw CommandFailure.missing("no index in " + directory + ": `heed index` writes one");
    }
    SemanticIndex index = SemanticIndex.load(directory);
    String model = heed.model().orElse(index.model());
    SentenceEmbedder embedder = SentenceEmbedder.load(SavedModels.named(heed, model));
    RankedTexts.write(
        heed,
        output,
        index.search(embedder, query, top).stream()
            .map(hit ->
                new RankedTexts.Ranked(hit.passage().text(), hit.passage().source(), hit.score()))
            .toList());
    return ExitCode.DONE.code();
  }
}
