package dev.heed.task;

import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A few sentences that a tiny model can learn, and a tokenizer for them.
final class Sentences {
  static final List<String> TEXTS =
      List.of(
          "The train left the station on time.",
          "The train left the city late.",
          "The ship left the harbour on time.",
          "The radio station played a song.",
          "A song about a train.",
          "The harbour of the city is old.");

  static final Tokenizer TOKENIZER = BpeTrainer.of(300).train(TEXTS);

  private Sentences() {}

  static LanguageModelTraining.Settings settings(long steps, long seed) {
    return new LanguageModelTraining.Settings(32, steps, 48, 1e-2, 5, seed);
  }

  static LanguageModelTraining training(
      long steps, double dropout, long seed, @Nullable Path checkpoints) {
    return LanguageModelTraining.ofNewModel(
        new LanguageModelTraining.Architecture(16, 1, 2, 32, dropout),
        settings(steps, seed),
        TOKENIZER,
        checkpoints);
  }
}
