/// Trains a tiny language model on a few sentences, completes a text with it, and saves it in
/// Hugging Face's layout.

import dev.heed.generation.Sampling;
import dev.heed.task.LanguageModel;
import dev.heed.task.LanguageModelTraining;
import dev.heed.tokenizer.BpeTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

void main() throws Exception {
  List<String> texts =
      List.of(
          "The train left the station on time.",
          "The ship left the harbour in the morning.",
          "She left the house in a hurry.",
          "The dog left the garden at night.");
  var tokenizer =
      BpeTrainer.of(320)
          .train(Collections.nCopies(8, texts).stream().flatMap(List::stream).toList());
  var architecture = new LanguageModelTraining.Architecture(64, 2, 4, 64, 0);
  var settings = new LanguageModelTraining.Settings(64, 60, 256, 5e-3, 60, 1);
  var training = LanguageModelTraining.ofNewModel(architecture, settings, tokenizer, null);
  training.run(texts, texts, dev.heed.training.TrainingProgress.SILENT);

  LanguageModel model = training.model();
  IO.println("The train" + model.complete("The train", 20, Sampling.greedy()).text());
  IO.println("after “The ship left the”: " + model.nextWords("The ship left the", 3));

  Path directory = Files.createTempDirectory("heed");
  model.save(directory);
  IO.println(
      "the same from disk: "
          + LanguageModel.load(directory).complete("The train", 20, Sampling.greedy()).text());
}
