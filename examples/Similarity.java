/// How alike sentences are, by the embedder that comes with Heed.

import dev.heed.task.SentenceEmbedder;
import java.util.Comparator;
import java.util.List;

void main() {
  var embedder = SentenceEmbedder.load("minilm");
  float similarity = embedder.similarity("The train left the station.", "The locomotive departed.");
  IO.println("similarity %.3f".formatted(similarity));

  // Semantic search: the text whose vector is nearest to the question's.
  var texts =
      List.of("Trains leave every hour.", "The museum is closed today.", "Coffee costs two euros.");
  String question = "When can I travel?";
  String best =
      texts.stream()
          .max(Comparator.comparing(text -> embedder.similarity(question, text)))
          .orElseThrow();
  IO.println(question + " " + best);
}
