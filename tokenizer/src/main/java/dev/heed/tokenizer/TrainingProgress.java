package dev.heed.tokenizer;

/// Is told how far the training of a tokenizer has come; called from the training's own thread.
@FunctionalInterface
public interface TrainingProgress {
  /// Tells nobody.
  TrainingProgress SILENT = (phase, done, total) -> {};

  /// What is being done.
  enum Phase {
    /// Counting words; `done` are the characters read, `total` is 0, for not known.
    READING,
    /// Learning tokens; `total` are the tokens wanted, `done` as many of them as the work is done.
    LEARNING
  }

  /// Called some hundred times in a training.
  void update(Phase phase, long done, long total);
}
