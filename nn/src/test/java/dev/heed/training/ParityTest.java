package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Resources;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A hundred steps from the same weights on the same batches have the losses that they have in
/// PyTorch (`tools/goldens/training.py`).
class ParityTest {
  private static final int STEPS = 100;

  /// A step's ids by their names in the file.
  private record Batches(Checkpoint golden) implements TrainingData<Batches.Batch> {
    record Batch(Checkpoint golden, int index) {
      Tensor ids(String name) {
        return Resources.tensor(golden.tensor(name), DType.I32).rows(index, index + 1);
      }

      /// As many as rows.
      Tensor row(String name) {
        int[] ids = ids(name).toIntArray();
        return Tensor.of(ids, ids.length);
      }
    }

    @Override
    public long batchesPerEpoch() {
      return STEPS;
    }

    @Override
    public Batch batch(long index) {
      return new Batch(golden, (int) index);
    }

    Sequences sequences() {
      int[] lengths = Resources.tensor(golden.tensor("lengths"), DType.I32).toIntArray();
      return Sequences.ofLengths(lengths);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void aSmallGptLearnsAsInPyTorch(DType dtype) {
    Batches batches = new Batches(Resources.open("goldens/parity-gpt.safetensors"));
    TinyGpt model = new TinyGpt(1, 0, 8);
    learnsAsInPyTorch(
        batches,
        dtype,
        model,
        batch ->
            model.loss(
                new TinyGpt.Batch(batch.row("inputs"), batches.sequences(), batch.row("targets"))));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void aSmallEncoderDecoderLearnsAsInPyTorch(DType dtype) {
    Batches batches = new Batches(Resources.open("goldens/parity-encoder-decoder.safetensors"));
    BlockConfiguration block = new BlockConfiguration(8, 4, 16, Activation.RELU, false, 0, 0, 1e-5);
    EncoderDecoder model =
        new EncoderDecoder(
            EncoderDecoderConfiguration.of2017(17, 2, 8, block), Initializer.seeded(1));
    Sequences sequences = batches.sequences();
    learnsAsInPyTorch(
        batches,
        dtype,
        model,
        batch ->
            new Objective.Loss(
                model.loss(
                    batch.row("source"),
                    sequences,
                    batch.row("inputs"),
                    sequences,
                    batch.row("targets"),
                    0.1),
                sequences.rows()));
  }

  private static void learnsAsInPyTorch(
      Batches batches, DType dtype, Layer model, Objective<Batches.Batch> objective) {
    Checkpoint golden = batches.golden;
    model
        .parameters()
        .forEach((name, parameter) -> {
          parameter.convertTo(dtype);
          parameter.copyFrom(Resources.tensor(golden.tensor("param." + name), dtype));
        });
    List<TrainingProgress.Step> steps =
        new Trainer<>(
                model,
                objective,
                new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1)),
                step -> 3e-3 * Math.min(1, step / 10.0),
                Trainer.Configuration.ofSteps(STEPS, 1))
            .fit(batches, null, TrainingProgress.SILENT)
            .steps();
    String stored = dtype == DType.F64 ? "losses.float64" : "losses.float32";
    double[] expected = golden.tensor(stored).toDoubles();
    double[] received = steps.stream().mapToDouble(TrainingProgress.Step::loss).toArray();
    assertThat(received).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      double tolerance = dtype == DType.F64 ? 1e-8 : i < 20 ? 1e-5 : 1e-3;
      assertThat(received[i])
          .as("loss of step %d in %s", i + 1, dtype)
          .isCloseTo(expected[i], within(tolerance * expected[i]));
    }
  }
}
