package dev.heed.cli;

import dev.heed.data.TextPairs;
import dev.heed.task.TranslationTraining;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Kernels;
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

/// A small translator of English number words into German ones, where *four* and *twenty* change
/// places: what it looks at can be checked by eye.
final class NumbersTraining implements SmallTraining {
  static final String NAME = "numbers";
  static final int STEPS = 900;
  private static final int VOCABULARY = 380;
  private static final int SMALL = 1000;
  private static final int LARGE = 5000;
  private static final int HELD_OUT = 200;
  private static final TranslationTraining.Architecture ARCHITECTURE =
      new TranslationTraining.Architecture(128, 2, 4, 256, 64, 0.05);

  private final TranslationTraining training;
  private final List<TextPairs.Pair> learned;
  private final List<TextPairs.Pair> heldOut;
  private final int steps;

  private NumbersTraining(
      TranslationTraining training, List<TextPairs.Pair> pairs, int heldOut, int steps) {
    this.training = training;
    this.heldOut = pairs.subList(pairs.size() - heldOut, pairs.size());
    this.learned = pairs.subList(0, pairs.size() - heldOut);
    this.steps = steps;
  }

  /// Spells the numbers out and makes the tokenizer, or finds that of an interrupted run.
  static NumbersTraining of(HeedCommand heed, Path run, int steps, PrintStream notes)
      throws IOException {
    List<TextPairs.Pair> pairs = pairs(heed.seed());
    Tokenizer tokenizer;
    if (Files.exists(run.resolve("tokenizer.json"))) {
      notes.println("Going on with the run in " + run);
      tokenizer = Tokenizer.load(run);
    } else {
      tokenizer = TranslationTraining.tokenizer(pairs, VOCABULARY);
      tokenizer.save(run);
    }
    TranslationTraining training =
        TranslationTraining.ofNewModel(
            ARCHITECTURE,
            new TranslationTraining.Settings(
                steps, 1500, 2e-3, Math.max(1, steps / 5), heed.seed()),
            tokenizer,
            run);
    notes.printf(
        Locale.ROOT,
        "Training a translator of number words with %,d parameters on %,d pairs, %d steps,"
            + " kernels: %s%n",
        training.parameterCount(),
        pairs.size(),
        steps,
        Kernels.active().name());
    return new NumbersTraining(training, pairs, HELD_OUT, steps);
  }

  /// All small numbers and some large ones, in an order of chance.
  static List<TextPairs.Pair> pairs(long seed) {
    SpelledPairs spelled = new SpelledPairs();
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < SMALL; i++) {
      numbers.add(i);
    }
    for (int i = 0; i < LARGE; i++) {
      double chance = CounterRandom.uniform(CounterRandom.key(seed, i, 1), 0);
      // As many of few digits as of many.
      numbers.add((int) Math.pow(SpelledPairs.NUMBERS, 0.5 + chance / 2) - 1);
    }
    List<TextPairs.Pair> pairs = new ArrayList<>();
    for (int number : numbers.stream().distinct().toList()) {
      int place =
          (int) (CounterRandom.uniform(CounterRandom.key(seed, number, 2), 0) * (pairs.size() + 1));
      pairs.add(Math.min(place, pairs.size()), spelled.number(number));
    }
    return pairs;
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

  @Override
  public void save(Path directory) {
    training.translator().save(directory);
  }
}
