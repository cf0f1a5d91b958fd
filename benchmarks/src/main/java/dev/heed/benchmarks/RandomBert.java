package dev.heed.benchmarks;

import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.nn.Initializer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.task.MiniLm;
import dev.heed.tensor.Activation;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Saves a model of BERT base's shape with random weights and minilm's tokenizer, for what depends
/// on size alone: `RandomBert HEED_HOME DIRECTORY`.
public final class RandomBert {
  private RandomBert() {}

  /// Writes the model's directory.
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    Tokenizer tokenizer = Tokenizer.load(MiniLm.directory(Path.of(arguments[0])));
    BlockConfiguration block =
        new BlockConfiguration(768, 12, 3072, Activation.GELU, false, 0, 0, 0, 1e-12);
    tokenizer.save(directory);
    new Bert(
            BertConfiguration.bert(tokenizer.vocabularySize(), 512, 2, 12, block),
            false,
            Initializer.seeded(1))
        .save(directory);
  }
}
