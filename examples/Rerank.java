/// Reranking: a cross-encoder reads the query and a text together, and says how well the text
/// answers. Its argument is the folder of one, such as cross-encoder/ms-marco-MiniLM-L6-v2 (`heed
/// pull`).

import dev.heed.task.Reranker;
import java.nio.file.Path;
import java.util.List;

void main(String[] arguments) {
  var reranker = Reranker.load(Path.of(arguments[0]));
  var found =
      List.of(
          "Trains to the coast leave every hour from platform two.",
          "The museum is closed on Mondays, and entry is free for children.",
          "Coffee and cake cost four euros in the garden.");
  for (var ranked : reranker.rank("How much does the museum cost?", found)) {
    IO.println("%.4f %d %s".formatted(ranked.score(), ranked.index(), ranked.text()));
  }
}
