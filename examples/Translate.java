/// Trains a tiny translator on numbers and their German words, translates one that it never saw,
/// and saves it in Hugging Face's layout.

import dev.heed.data.TextPairs;
import dev.heed.task.Bleu;
import dev.heed.task.TranslationTraining;
import dev.heed.task.Translator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

void main() throws Exception {
  List<String> words =
      List.of("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun");
  List<TextPairs.Pair> pairs = new ArrayList<>();
  for (int i = 0; i < 800; i++) {
    String[] digits = Integer.toString(1000 + i * 7919 % 9000).split("");
    List<String> spoken = new ArrayList<>();
    for (String digit : digits) {
      spoken.add(words.get(Integer.parseInt(digit)));
    }
    pairs.add(new TextPairs.Pair(String.join(" ", digits), String.join(" ", spoken)));
  }
  var split = new TextPairs(pairs, 0).split(0.05, 1000, 1);
  var architecture = new TranslationTraining.Architecture(32, 1, 2, 64, 40, 0);
  var settings = new TranslationTraining.Settings(200, 400, 1e-2, 200, 1);
  var tokenizer = TranslationTraining.tokenizer(split.learned(), 300);
  var training = TranslationTraining.ofNewModel(architecture, settings, tokenizer, null);
  training.run(split.learned(), split.heldOut(), dev.heed.training.TrainingProgress.SILENT);

  Translator translator = training.translator();
  List<String> translations =
      translator.translate(split.heldOut().stream().map(TextPairs.Pair::source).toList()).stream()
          .map(Translator.Translation::text)
          .toList();
  List<String> references = split.heldOut().stream().map(TextPairs.Pair::target).toList();
  IO.println(
      "BLEU %.1f on held-out numbers".formatted(Bleu.of(translations, references, false).score()));

  Path directory = Files.createTempDirectory("heed");
  translator.save(directory);
  IO.println("4 0 7 1: " + Translator.load(directory).translate("4 0 7 1").text());
}
