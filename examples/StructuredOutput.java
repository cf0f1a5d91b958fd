import dev.heed.generation.Sampling;
import dev.heed.generation.grammar.Grammar;
import dev.heed.task.LanguageModel;
import dev.heed.task.LanguageModelTraining;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.training.TrainingProgress;
import java.util.List;

/// Text that keeps to a form: JSON of a schema, and a grammar. The model is tiny and knows next to
/// nothing; what it writes parses all the same. A real one is `LanguageModel.load(Path.of(file))`.
void main() {
  List<String> texts = List.of("The train left the station.", "The bus left the town on time.");
  var architecture = new LanguageModelTraining.Architecture(32, 1, 2, 64, 0);
  var settings = new LanguageModelTraining.Settings(64, 10, 256, 5e-3, 10, 1);
  var training =
      LanguageModelTraining.ofNewModel(
          architecture, settings, BpeTrainer.of(280).train(texts), null);
  training.run(texts, texts, TrainingProgress.SILENT);
  LanguageModel model = training.model();

  Grammar departure =
      Grammar.jsonSchema(
          """
          {
            "type": "object",
            "properties": {
              "vehicle": {"enum": ["train", "bus"]},
              "minute": {"type": "integer", "minimum": 0, "maximum": 59},
              "platform": {"type": "string", "pattern": "^[1-9][a-c]?$"}
            },
            "required": ["vehicle", "minute"]
          }
          """);
  Grammar answer = Grammar.parse("root ::= (\"yes\" | \"no\") \", \" [a-z ]{3,20} \".\"");
  for (Grammar form : List.of(departure, answer)) {
    var request =
        LanguageModel.Request.of(60, Sampling.temperature(1, 3))
            .withConstraint(model.constraint(form));
    IO.println(model.stream(model.encode("The train"), request, piece -> {}).text());
  }
}
