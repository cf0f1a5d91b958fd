/// Takes attention heads out of a small language model, and trains on: with the heads held at zero,
/// and with the heads free. Do they grow back?

import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.task.Adaptation;
import dev.heed.task.LanguageModel;
import dev.heed.task.LanguageModelTraining;
import dev.heed.task.PrunedHead;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

static final List<String> TEXTS = texts();
static final LanguageModelTraining.Settings SETTINGS =
    new LanguageModelTraining.Settings(32, 60, 256, 3e-3, 30, 1);

void main() throws Exception {
  Path folder = Files.createTempDirectory("heed");
  var looks = new LanguageModelTraining.Architecture(32, 2, 4, 32, 0);
  var tokenizer = BpeTrainer.of(320).train(TEXTS);
  var first = LanguageModelTraining.ofNewModel(looks, SETTINGS, tokenizer, null);
  first.run(TEXTS, TEXTS, TrainingProgress.SILENT);
  tell("trained", first);
  first.model().save(folder.resolve("whole"));

  var heads = List.of(new PrunedHead(0, 0), new PrunedHead(0, 1), new PrunedHead(1, 2));
  var pruned = further(folder.resolve("whole"), new Adaptation.Whole(heads));
  tell("three heads pruned", pruned);
  pruned.model().save(folder.resolve("pruned"));
  pruned.run(TEXTS, TEXTS, TrainingProgress.SILENT);
  tell("trained on, held at zero", pruned);

  var free = further(folder.resolve("pruned"), new Adaptation.Whole());
  free.run(TEXTS, TEXTS, TrainingProgress.SILENT);
  tell("trained on, free to grow", free);
}

LanguageModelTraining further(Path model, Adaptation adaptation) {
  return LanguageModelTraining.from(LanguageModel.load(model), adaptation, SETTINGS, null);
}

/// The loss, and how large each head's slice of the output projection is.
void tell(String what, LanguageModelTraining training) {
  IO.println("%s: nll %.3f".formatted(what, training.evaluate(TEXTS).nll()));
  training
      .model()
      .model()
      .layer()
      .layers()
      .forEach((name, layer) -> {
        if (layer instanceof MultiHeadAttention attention) {
          float[] weights = attention.output().weight().toFloatArray(); // (D, H·Dh)
          int width = attention.output().weight().shape().width();
          double[] sizes = new double[attention.heads()];
          for (int i = 0; i < weights.length; i++) {
            sizes[i % width / (width / sizes.length)] += weights[i] * weights[i];
          }
          var shown = new ArrayList<String>();
          for (double size : sizes) {
            shown.add("%.2f".formatted(Math.sqrt(size)));
          }
          IO.println("  " + name + " " + String.join(" ", shown));
        }
      });
}

static List<String> texts() {
  var texts = new ArrayList<String>();
  for (String who : List.of("train", "bus", "ship", "plane")) {
    for (String where : List.of("station", "city", "harbour", "island")) {
      texts.add("The " + who + " left the " + where + " on time.");
    }
  }
  return texts;
}
