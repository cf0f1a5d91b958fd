package dev.heed.task;

import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.util.List;

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

  static LanguageModelTraining.Settings settings(long steps, double dropout) {
    return new LanguageModelTraining.Settings(16, 1, 2, 32, dropout, steps, 48, 1e-2, 5, 7);
  }
}
