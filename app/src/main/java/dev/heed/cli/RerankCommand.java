package dev.heed.cli;

import dev.heed.task.Reranker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed rerank`: which texts answer a query best.
@Command(
    name = "rerank",
    description = "Puts texts in order by how well they answer a query, with a cross-encoder.")
final class RerankCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Parameters(index = "0", paramLabel = "QUERY", description = "what the texts are to answer")
  private String query = "";

  @Option(names = "--top", paramLabel = "N", description = "say only the best N (default: all)")
  private int top = Integer.MAX_VALUE;

  @Mixin private TextInput input = new TextInput();
  @Mixin private ResultOutput output = new ResultOutput();

  RerankCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw CommandFailure.usage("--top must be 1 or more: received " + top);
    }
    if (heed.model().isEmpty()) {
      throw CommandFailure.usage(
          "name a cross-encoder by --model, such as cross-encoder/ms-marco-MiniLM-L6-v2; without"
              + " one, `heed search` compares vectors");
    }
    List<String> texts = new ArrayList<>();
    input.forEach(heed, texts::add);
    if (texts.isEmpty()) {
      throw CommandFailure.usage("expected a text or more: received none");
    }
    Reranker reranker = Reranker.load(SavedModels.resolve(heed));
    RankedTexts.write(
        heed,
        output,
        reranker.rank(query, texts).stream()
            .limit(top)
            .map(each -> new RankedTexts.Ranked(each.text(), null, each.score()))
            .toList());
    return ExitCode.DONE.code();
  }
}
