package dev.heed.benchmarks;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.nn.Initializer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.task.TranslationTraining;
import dev.heed.tensor.Activation;
import dev.heed.tensor.StepMemory;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.AdamW;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Training steps of the 2017 encoder-decoder on pairs that lie in a file: a line a pair, the ids
/// of the source, a tab, those of the target.
final class TranslationSteps {
  private final StepMemory memory = new StepMemory();
  private final List<PairBatches.Batch> batches = new ArrayList<>();
  private final EncoderDecoder model;
  private final AdamW optimizer;
  private long steps;

  /// @param file an empty line after each batch
  TranslationSteps(
      Path file, int vocabulary, int width, int layers, int heads, int feedForward, double dropout)
      throws IOException {
    BlockConfiguration block =
        new BlockConfiguration(
            width,
            heads,
            width / heads,
            feedForward,
            Activation.RELU,
            false,
            dropout,
            dropout,
            0,
            1e-5);
    model =
        new EncoderDecoder(
            EncoderDecoderConfiguration.of2017(vocabulary, layers, 256, block),
            Initializer.seeded(1));
    optimizer = new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.01));
    List<PairBatches.Pair> pairs = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isEmpty()) {
        batches.add(PairBatches.of(pairs, Integer.MAX_VALUE, 0, 1, false).batch(0));
        pairs.clear();
      } else {
        String[] sides = line.split("\t");
        pairs.add(new PairBatches.Pair(ids(sides[0]), ids(sides[1])));
      }
    }
  }

  private static int[] ids(String side) {
    return Arrays.stream(side.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  /// Writes the pairs of two files that correspond line by line to `to`, all in one batch.
  static void write(Path sources, Path targets, int vocabulary, Path to) throws IOException {
    List<TextPairs.Pair> pairs = TextPairs.parallel(sources, targets).pairs();
    Tokenizer tokenizer = TranslationTraining.tokenizer(pairs, vocabulary);
    List<String> lines =
        pairs.stream()
            .map(pair -> line(tokenizer, pair.source()) + "\t" + line(tokenizer, pair.target()))
            .toList();
    Files.write(to, lines);
  }

  private static String line(Tokenizer tokenizer, String text) {
    return String.join(
        " ", Arrays.stream(tokenizer.encode(text).ids()).mapToObj(Integer::toString).toList());
  }

  /// One step with each batch: forward, backward, clipping, AdamW.
  void run() {
    for (PairBatches.Batch batch : batches) {
      steps++;
      memory.step(() ->
          TrainingMode.run(
              1,
              steps,
              () -> {
                model
                    .loss(
                        batch.source(),
                        batch.sources(),
                        batch.inputs(),
                        batch.targetSequences(),
                        batch.targets(),
                        0.1)
                    .backwardAndFree();
                return 0;
              }));
      double norm = optimizer.gradientNorm() / batch.count();
      optimizer.step(steps, 1e-4, Math.min(1, 1 / (norm + 1e-6)) / batch.count());
      optimizer.clearGradients();
    }
  }
}
