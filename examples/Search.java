/// Semantic search: a query finds the passage that means the same in other words.

import dev.heed.task.SemanticIndex;
import dev.heed.task.SentenceEmbedder;

void main() {
  var embedder = SentenceEmbedder.load("minilm");
  String document =
      """
      Trains to the coast leave every hour from platform two.

      The museum is closed on Mondays, and entry is free for children.

      Coffee and cake cost four euros in the garden.
      """;
  var passages = SemanticIndex.passages(embedder, "guide.txt", document);
  var index = SemanticIndex.of(passages, embedder, "minilm", done -> {});
  for (String query : new String[] {"How do I get to the sea?", "something sweet"}) {
    var hit = index.search(embedder, query, 1).getFirst();
    IO.println(query + " → " + hit.passage().source() + " " + hit.passage().text());
  }
}
