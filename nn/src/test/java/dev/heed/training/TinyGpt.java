package dev.heed.training;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.LearnedPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.TransformerEncoder;
import dev.heed.tensor.Activation;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The smallest decoder-only language model, and texts for it to learn.
final class TinyGpt extends Layer {
  static final int VOCABULARY = 23;
  private static final int LONGEST = 12;

  private final double dropout;
  private final TokenEmbedding embedding;
  private final LearnedPositions positions;
  private final TransformerEncoder blocks;

  /// What one call of the objective learns from.
  ///
  /// @param targets negative where there is none
  record Batch(Tensor inputs, Sequences sequences, Tensor targets) {
    long count() {
      long count = 0;
      for (int target : targets.toIntArray()) {
        count += target >= 0 ? 1 : 0;
      }
      return count;
    }
  }

  TinyGpt(long seed, double dropout) {
    this(seed, dropout, 8);
  }

  TinyGpt(long seed, double dropout, int width) {
    this.dropout = dropout;
    Initializer initializer = Initializer.seeded(seed);
    BlockConfiguration block =
        new BlockConfiguration(
            width, 2, 2 * width, Activation.GELU_TANH, true, dropout, dropout, 1e-5);
    this.embedding =
        layer("embedding", new TokenEmbedding(VOCABULARY, width, 0.1, false, initializer));
    this.positions = layer("positions", new LearnedPositions(LONGEST, width, 0.1, initializer));
    this.blocks = layer("blocks", new TransformerEncoder(2, block, "", initializer));
  }

  /// The sum of the cross-entropy of all targets.
  Objective.Loss loss(Batch batch) {
    Tensor x = positions.apply(embedding.apply(batch.inputs), batch.sequences);
    x = blocks.apply(TrainingMode.dropout(x, dropout), batch.sequences, Mask.causal());
    Tensor sum = FusedOperations.linearCrossEntropy(x, embedding.weight(), null, batch.targets, 0);
    return new Objective.Loss(sum, batch.count());
  }

  /// Several batches as one.
  static Batch join(List<Batch> batches) {
    int[] inputs =
        batches.stream().flatMapToInt(b -> Arrays.stream(b.inputs.toIntArray())).toArray();
    int[] targets =
        batches.stream().flatMapToInt(b -> Arrays.stream(b.targets.toIntArray())).toArray();
    int[] lengths =
        batches.stream()
            .map(Batch::sequences)
            .flatMapToInt(s -> IntStream.range(0, s.count()).map(s::length))
            .toArray();
    return new Batch(
        Tensor.of(inputs, inputs.length),
        Sequences.ofLengths(lengths),
        Tensor.of(targets, targets.length));
  }

  /// Texts that count in steps of 1 to 3 from any number, four a batch.
  record Counting(long seed, long batchesPerEpoch) implements TrainingData<Batch> {
    @Override
    public Batch batch(long index) {
      long key = CounterRandom.key(seed, index, 0);
      int[] lengths = new int[4];
      int[] starts = new int[4];
      int[] strides = new int[4];
      int rows = 0;
      for (int i = 0; i < 4; i++) {
        lengths[i] = 2 + CounterRandom.below(LONGEST - 1, key, 3L * i);
        starts[i] = CounterRandom.below(VOCABULARY, key, 3L * i + 1);
        strides[i] = 1 + CounterRandom.below(3, key, 3L * i + 2);
        rows += lengths[i];
      }
      int[] inputs = new int[rows];
      int[] targets = new int[rows];
      int row = 0;
      for (int i = 0; i < 4; i++) {
        for (int t = 0; t < lengths[i]; t++, row++) {
          inputs[row] = (starts[i] + t * strides[i]) % VOCABULARY;
          // The stride cannot be known from the first number.
          targets[row] = t == 0 ? -1 : (starts[i] + (t + 1) * strides[i]) % VOCABULARY;
        }
      }
      return new Batch(
          Tensor.of(inputs, rows), Sequences.ofLengths(lengths), Tensor.of(targets, rows));
    }
  }
}
