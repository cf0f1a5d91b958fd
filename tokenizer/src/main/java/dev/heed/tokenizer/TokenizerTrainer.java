package dev.heed.tokenizer;

import java.util.List;

/// Makes a tokenizer out of text.
public sealed interface TokenizerTrainer permits BpeTrainer, UnigramTrainer, WordPieceTrainer {
  /// Trains on `texts`, which are read once, one at a time.
  ///
  /// @throws IllegalArgumentException where there is no text to learn from
  default Tokenizer train(Iterable<String> texts) {
    return train(texts, TrainingProgress.SILENT);
  }

  /// Trains on `texts`, which are read once, one at a time, and reports to `progress`.
  ///
  /// @throws IllegalArgumentException where there is no text to learn from
  Tokenizer train(Iterable<String> texts, TrainingProgress progress);

  /// The number of tokens wanted.
  int vocabularySize();

  /// The same trainer with these special tokens beside its own, whose ids they follow.
  TokenizerTrainer withSpecialTokens(List<String> tokens);
}
