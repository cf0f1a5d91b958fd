package dev.heed.cli;

import dev.heed.data.WordNet;
import dev.heed.task.LanguageModel;
import dev.heed.task.LanguageModelTraining;
import dev.heed.tensor.Kernels;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A small language model of WordNet's definitions and usage examples: the demo's.
final class DemoTraining implements SmallTraining {
  static final String NAME = "demo";
  static final int STEPS = 600;
  private static final int VOCABULARY = 8192;
  private static final int HELD_OUT_EVERY = 100;
  private static final int HELD_OUT = 400;

  private final LanguageModelTraining training;
  private final List<String> learned = new ArrayList<>();
  private final List<String> heldOut = new ArrayList<>();
  private final int steps;

  private DemoTraining(LanguageModelTraining training, List<String> sentences, int steps) {
    this.training = training;
    this.steps = steps;
    for (int i = 0; i < sentences.size(); i++) {
      boolean held = i % HELD_OUT_EVERY == 0 && heldOut.size() < HELD_OUT;
      (held ? heldOut : learned).add(sentences.get(i));
    }
  }

  /// Reads the texts and makes the tokenizer, or finds that of an interrupted run.
  ///
  /// @param run the folder of the run
  static DemoTraining of(HeedCommand heed, Path run, int steps, PrintStream notes)
      throws IOException {
    notes.println("Reading WordNet's definitions and usage examples …");
    List<String> sentences = WordNet.sentences();
    Tokenizer tokenizer = tokenizer(sentences, run, notes);
    LanguageModelTraining training =
        LanguageModelTraining.ofNewModel(
            new LanguageModelTraining.Architecture(128, 3, 4, 64, 0),
            new LanguageModelTraining.Settings(
                64, steps, 2048, 4e-3, Math.max(1, steps / 5), heed.seed()),
            tokenizer,
            run);
    notes.printf(
        Locale.ROOT,
        "Training a decoder-only Transformer with %,d parameters on %,d sentences, %d steps,"
            + " kernels: %s%n",
        training.parameterCount(),
        sentences.size(),
        steps,
        Kernels.active().name());
    return new DemoTraining(training, sentences, steps);
  }

  /// The tokenizer of an interrupted run, else a new one.
  private static Tokenizer tokenizer(List<String> sentences, Path run, PrintStream notes)
      throws IOException {
    if (Files.exists(run.resolve("tokenizer.json"))) {
      notes.println("Going on with the run in " + run);
      return Tokenizer.load(run);
    }
    notes.printf(
        Locale.ROOT,
        "Training a byte-level BPE tokenizer of %,d tokens on %,d sentences …%n",
        VOCABULARY,
        sentences.size());
    Tokenizer tokenizer = BpeTrainer.of(VOCABULARY).train(sentences);
    tokenizer.save(run);
    return tokenizer;
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public Trainer.History run(TrainingProgress progress) {
    return training.run(learned, heldOut, progress);
  }

  @Override
  public void stop() {
    training.stop();
  }

  /// The model as it is now.
  LanguageModel model() {
    return training.model();
  }

  @Override
  public void save(Path directory) {
    model().save(directory);
  }
}
