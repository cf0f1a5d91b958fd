/// Which head puts most of one word into the new vector of another, and what is left when it is
/// cut: what the explorer's page shows, in Java.

import dev.heed.task.Ablation;
import dev.heed.task.CapturedAttention;
import dev.heed.task.ExploredModel;
import dev.heed.task.ExploredRun;
import dev.heed.task.MiniLm;
import dev.heed.task.Similarity;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

void main() {
  String home =
      Objects.requireNonNullElse(
          System.getenv("HEED_HOME"), System.getProperty("user.home") + "/.heed");
  String text = "The train left the station on time.";
  ExploredModel model = ExploredModel.open(MiniLm.directory(Path.of(home)));
  ExploredRun run = model.run(text, null, Ablation.NONE, () -> false);
  int train = place(run, "train");
  int station = place(run, "station");

  var best = new Ablation.Head("attentions", 0, 0);
  float largest = 0;
  List<CapturedAttention> layers = run.attentions().get("attentions");
  for (int layer = 0; layer < layers.size(); layer++) {
    for (int head = 0; head < layers.get(layer).heads(); head++) {
      float share = layers.get(layer).anatomy(head, station).shares()[train];
      if (share > largest) {
        largest = share;
        best = new Ablation.Head("attentions", layer, head);
      }
    }
  }
  IO.println(
      String.format(
          Locale.ROOT,
          "layer %d, head %d: %.1f %% of the new vector of station comes from train",
          best.layer(),
          best.head(),
          100 * largest));

  ExploredRun cut = model.run(text, null, new Ablation(Set.of(best), Set.of()), () -> false);
  float alike = Similarity.COSINE.of(run.vector(), cut.vector());
  IO.println(String.format(Locale.ROOT, "the text's vector without it: cosine %.3f", alike));
}

int place(ExploredRun run, String word) {
  return run.source().tokens().stream().map(token -> token.shown()).toList().indexOf(word);
}
