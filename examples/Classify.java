/// Trains a small classifier of texts from nothing, asks it, and saves it in Hugging Face's layout.

import dev.heed.data.Dataset;
import dev.heed.task.Prediction;
import dev.heed.task.TextClassifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

void main() throws Exception {
  Path folder = Files.createTempDirectory("heed");
  var rows = new StringBuilder(); // a label, a tab, a text
  for (String thing : List.of("film", "story", "song", "plot", "actor", "end")) {
    for (String good : List.of("fine", "brilliant", "quiet", "moving")) {
      rows.append("pos\tA ").append(good).append(' ').append(thing).append(".\n");
    }
    for (String bad : List.of("dull", "loud", "boring", "stupid")) {
      rows.append("neg\tThis ").append(thing).append(" is ").append(bad).append(".\n");
    }
  }
  Files.writeString(folder.resolve("reviews.tsv"), rows);

  var reviews = TextClassifier.train(Dataset.tsv(folder.resolve("reviews.tsv")));
  Prediction p = reviews.classify("A quiet, brilliant film.");
  IO.println(p.label() + " " + p.probabilities());

  reviews.save(folder.resolve("reviews-model"));
  var loaded = TextClassifier.load(folder.resolve("reviews-model"));
  IO.println("the same from disk: " + loaded.classify("This is boring.").label());
}
