package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.heed.nn.Closeness;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import dev.heed.training.TinyGpt.Batch;
import dev.heed.training.TinyGpt.Counting;
import dev.heed.training.TrainingProgress.Evaluation;
import dev.heed.training.TrainingProgress.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final Counting TRAIN = new Counting(1, 50);
  private static final Counting VALIDATION = new Counting(2, 3);

  private static Trainer<Batch> trainer(TinyGpt model, Trainer.Configuration configuration) {
    return new Trainer<>(
        model,
        model::loss,
        new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1)),
        LearningRateSchedule.constant(1e-2),
        configuration);
  }

  private static Map<String, float[]> weights(Layer model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    model.parameters().forEach((name, value) -> weights.put(name, value.toFloatArray()));
    return weights;
  }

  private static void requireSameBits(Layer received, Layer expected) {
    Map<String, float[]> others = weights(expected);
    weights(received)
        .forEach((name, bits) -> assertThat(bits).as(name).isEqualTo(others.get(name)));
  }

  /// The same batch at every step.
  private record Only<B>(B only) implements TrainingData<B> {
    @Override
    public long batchesPerEpoch() {
      return 1;
    }

    @Override
    public B batch(long index) {
      return only;
    }
  }

  // Learning

  @Test
  void theTimeOfAStepNeedsTwoSteps() {
    StepTimes times = new StepTimes();
    TrainingProgress.Step step = new TrainingProgress.Step(1, 9, 1, 1, 1, 1, 1);
    times.step(step);
    assertThatThrownBy(times::median).hasMessage("expected two steps or more: received 1");
    long before = System.nanoTime();
    for (int i = 0; i < 4; i++) {
      times.step(step);
    }
    assertThat(times.median()).isBetween(0.0, (System.nanoTime() - before) / 1e9);
  }

  @Test
  void overfitsOneBatchOfASmallGpt() {
    TinyGpt model = new TinyGpt(1, 0, 16);
    Only<Batch> data = new Only<>(TRAIN.batch(0));
    Trainer<Batch> trainer = trainer(model, Trainer.Configuration.ofSteps(60, 1));
    double before = trainer.evaluate(data);
    trainer.fit(data, null, TrainingProgress.SILENT);
    assertThat(before).isCloseTo(Math.log(TinyGpt.VOCABULARY), within(0.3));
    assertThat(trainer.evaluate(data)).isLessThan(0.05);
  }

  @Test
  void overfitsOneBatchOfASmallEncoderDecoder() {
    BlockConfiguration block =
        new BlockConfiguration(16, 2, 32, Activation.RELU, false, 0, 0, 1e-6);
    EncoderDecoder model =
        new EncoderDecoder(
            EncoderDecoderConfiguration.of2017(12, 1, 6, block), Initializer.seeded(1));
    Sequences sources = Sequences.ofLengths(4, 2, 5);
    Sequences targets = Sequences.ofLengths(4, 2, 5);
    Tensor source = Tensor.of(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 11);
    Tensor inputs = Tensor.of(new int[] {0, 4, 3, 2, 0, 6, 0, 11, 10, 9, 8}, 11);
    Tensor wanted = Tensor.of(new int[] {4, 3, 2, 1, 6, 5, 11, 10, 9, 8, 7}, 11);
    Only<String> data = new Only<>("the batch");
    Trainer<String> trainer =
        new Trainer<>(
            model,
            batch ->
                new Objective.Loss(model.loss(source, sources, inputs, targets, wanted, 0), 11),
            new AdamW(model.parameters(), AdamW.Configuration.withDecay(0)),
            LearningRateSchedule.linear(1e-2, 10, 80, 1e-3),
            Trainer.Configuration.ofSteps(80, 1));
    trainer.fit(data, null, TrainingProgress.SILENT);
    assertThat(trainer.evaluate(data)).isLessThan(0.05);
  }

  @Test
  void historyAndProgressTellEveryStepAndEvaluation() {
    List<Step> heard = new ArrayList<>();
    List<Evaluation> evaluations = new ArrayList<>();
    TrainingProgress progress =
        new TrainingProgress() {
          @Override
          public void step(Step step) {
            heard.add(step);
          }

          @Override
          public void evaluation(Evaluation evaluation) {
            evaluations.add(evaluation);
          }
        };
    TinyGpt model = new TinyGpt(1, 0.1);
    Trainer<Batch> trainer =
        trainer(model, Trainer.Configuration.ofSteps(25, 1).evaluatedEvery(10));
    Trainer.History history = trainer.fit(TRAIN, VALIDATION, progress);
    assertThat(history.finished()).isTrue();
    assertThat(history.steps()).hasSize(25).isEqualTo(heard);
    assertThat(heard).extracting(Step::step).startsWith(1L, 2L).endsWith(25L);
    assertThat(heard).allMatch(step -> step.steps() == 25 && step.learningRate() == 1e-2);
    assertThat(heard).allMatch(step -> step.gradientNorm() > 0 && step.targetsPerSecond() > 0);
    assertThat(heard.getLast().loss()).isLessThan(heard.getFirst().loss());
    assertThat(heard.getLast().secondsLeft()).isZero();
    assertThat(history.evaluations()).isEqualTo(evaluations);
    assertThat(evaluations).extracting(Evaluation::step).containsExactly(10L, 20L, 25L);
    assertThat(evaluations.getFirst().best()).isTrue();
    assertThat(evaluations.getLast().loss()).isEqualTo(trainer.evaluate(VALIDATION));
  }

  @Test
  void evaluationChangesNothingAndDropsNothing() {
    TinyGpt model = new TinyGpt(1, 0.5);
    Map<String, float[]> before = weights(model);
    Trainer<Batch> trainer = trainer(model, Trainer.Configuration.ofSteps(1, 1));
    double loss = trainer.evaluate(VALIDATION);
    assertThat(trainer.evaluate(VALIDATION)).isEqualTo(loss);
    weights(model).forEach((name, bits) -> assertThat(bits).isEqualTo(before.get(name)));
    assertThat(model.parameters().values()).allMatch(parameter -> parameter.gradient() == null);
    double sum = 0;
    long targets = 0;
    for (int i = 0; i < 3; i++) {
      Objective.Loss one = model.loss(VALIDATION.batch(i));
      sum += one.sum().item();
      targets += one.targets();
    }
    assertThat(loss).isCloseTo(sum / targets, within(1e-9));
  }

  @Test
  void refusesValidationDataWithoutTargets() {
    Trainer<Batch> trainer = trainer(new TinyGpt(1, 0), Trainer.Configuration.ofSteps(1, 1));
    assertThatThrownBy(() -> trainer.evaluate(new Counting(1, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("validation data must have targets: received none");
  }

  @Test
  void accumulationEqualsTheLargeBatch() {
    TinyGpt inParts = new TinyGpt(1, 0);
    TinyGpt atOnce = new TinyGpt(1, 0);
    inParts.convertTo(DType.F64);
    atOnce.convertTo(DType.F64);
    assertThat(TRAIN.batch(0).count()).isNotEqualTo(TRAIN.batch(1).count());
    Trainer.History parts =
        trainer(inParts, new Trainer.Configuration(4, 1, 3, 1, 0, 0, 0, null))
            .fit(TRAIN, null, TrainingProgress.SILENT);
    TrainingData<Batch> large =
        new TrainingData<>() {
          @Override
          public long batchesPerEpoch() {
            return 4;
          }

          @Override
          public Batch batch(long index) {
            return TinyGpt.join(
                List.of(
                    TRAIN.batch(3 * index),
                    TRAIN.batch(3 * index + 1),
                    TRAIN.batch(3 * index + 2)));
          }
        };
    Trainer.History whole =
        trainer(atOnce, new Trainer.Configuration(4, 1, 1, 1, 0, 0, 0, null))
            .fit(large, null, TrainingProgress.SILENT);
    for (int i = 0; i < 4; i++) {
      assertThat(parts.steps().get(i).loss()).isCloseTo(whole.steps().get(i).loss(), within(1e-10));
      assertThat(parts.steps().get(i).gradientNorm())
          .isCloseTo(whole.steps().get(i).gradientNorm(), within(1e-9));
    }
    inParts
        .parameters()
        .forEach((name, parameter) -> {
          if (!name.endsWith("key.bias")) { // whose gradient is nothing but rounding
            Closeness.requireClose(name, parameter, like(atOnce, name), 1e-6);
          }
        });
  }

  private static Parameter like(Layer model, String name) {
    Parameter parameter = model.parameters().get(name);
    assertThat(parameter).isNotNull();
    return parameter;
  }

  // Steps by hand

  /// y = w · x of one number: its gradient is x.
  private static final class One extends Layer {
    final Linear linear = layer("linear", new Linear(Tensor.of(new float[] {2}, 1, 1), null));
    final @Nullable Parameter tied;

    One(boolean tied) {
      this.tied = tied ? parameter("again", linear.weight()) : null;
    }

    Objective.Loss loss(float x) {
      Tensor out = linear.apply(Tensor.of(new float[] {x}, 1, 1));
      return new Objective.Loss(
          Operations.sum(
              tied == null ? out : Operations.scale(Operations.multiply(out, tied), 0.5)),
          1);
    }

    double weight() {
      return linear.weight().item();
    }
  }

  private static Trainer.History descend(One model, float x, long steps, double clipNorm) {
    return new Trainer<>(
            model,
            model::loss,
            new Sgd(model.parameters(), 0),
            LearningRateSchedule.constant(0.25),
            new Trainer.Configuration(steps, 1, 1, clipNorm, 0, 0, 0, null))
        .fit(new Only<>(x), null, TrainingProgress.SILENT);
  }

  @Test
  void aStepGoesAgainstTheGradient() {
    One model = new One(false);
    Trainer.History history = descend(model, 3, 2, 0);
    assertThat(model.weight()).isCloseTo(2 - 2 * 0.25 * 3, within(1e-6));
    assertThat(history.steps().getFirst().loss()).isCloseTo(6, within(1e-6));
    assertThat(history.steps().getFirst().gradientNorm()).isCloseTo(3, within(1e-6));
  }

  @Test
  void aLongGradientIsClippedAndAShortOneIsNot() {
    One model = new One(false);
    Trainer.History history = descend(model, 3, 1, 0.5);
    assertThat(model.weight()).isCloseTo(2 - 0.25 * 0.5, within(1e-6));
    assertThat(history.steps().getFirst().gradientNorm())
        .as("before clipping")
        .isCloseTo(3, within(1e-6));
    model = new One(false);
    descend(model, 0.25f, 1, 0.5);
    assertThat(model.weight()).isCloseTo(2 - 0.25 * 0.25, within(1e-6));
  }

  @Test
  void aTiedWeightIsUpdatedAndClippedOnce() {
    // The loss is w² · x / 2, its gradient w · x.
    One model = new One(true);
    Trainer.History history = descend(model, 3, 1, 0);
    assertThat(history.steps().getFirst().gradientNorm()).isCloseTo(6, within(1e-6));
    assertThat(model.weight()).isCloseTo(2 - 0.25 * 6, within(1e-6));
    model = new One(true);
    descend(model, 3, 1, 1);
    assertThat(model.weight()).isCloseTo(2 - 0.25, within(1e-6));
  }

  // What stays

  @Test
  void frozenParametersStay() {
    TinyGpt model = new TinyGpt(1, 0.1);
    Map<String, Parameter> all = model.parameters();
    all.forEach((name, parameter) -> parameter.setFrozen(name.startsWith("blocks.layers.0")));
    Map<String, float[]> before = weights(model);
    trainer(model, Trainer.Configuration.ofSteps(3, 1)).fit(TRAIN, null, TrainingProgress.SILENT);
    weights(model)
        .forEach((name, bits) -> {
          if (name.startsWith("blocks.layers.0")) {
            assertThat(bits).as(name).isEqualTo(before.get(name));
          } else {
            assertThat(bits).as(name).isNotEqualTo(before.get(name));
          }
        });
  }

  @Test
  void lossesThatAreNotFiniteEndTheRun() {
    One model = new One(false);
    assertThatThrownBy(() -> descend(model, Float.POSITIVE_INFINITY, 5, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the loss must stay finite: received Infinity at step 1; a lower learning rate may"
                + " help");
    assertThat(model.weight()).isEqualTo(2);
  }

  @Test
  void gradientsThatAreNotFiniteEndTheRunBeforeTheySpoilTheWeights() {
    One model = new One(false);
    model.linear.weight().copyFrom(Tensor.zeros(model.linear.weight().shape(), DType.F32));
    Trainer<Float> trainer =
        new Trainer<>(
            model,
            // 0 · 1e30 · 1e30 is 0, but the slope of the first factor is too large for F32.
            x ->
                new Objective.Loss(
                    Operations.scale(Operations.scale(model.loss(x).sum(), 1e30), 1e30), 1),
            new Sgd(model.parameters(), 0),
            LearningRateSchedule.constant(1),
            Trainer.Configuration.ofSteps(1, 1));
    assertThatThrownBy(() -> trainer.fit(new Only<>(1f), null, TrainingProgress.SILENT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(
            "the gradient's norm must stay finite: received Infinity at step 1");
    assertThat(model.weight()).isZero();
  }

  @Test
  void stopsEarlyWhenTheValidationLossGrows() {
    One model = new One(false);
    List<Double> losses = List.of(5.0, 4.0, 4.5, 3.0, 3.5, 3.0, 2.0, 1.0);
    int[] evaluated = {0};
    Trainer<String> trainer =
        new Trainer<>(
            model,
            batch ->
                batch.equals("train")
                    ? model.loss(1)
                    : new Objective.Loss(
                        Tensor.of(new double[] {losses.get(evaluated[0]++)}, 1), 1),
            new Sgd(model.parameters(), 0),
            LearningRateSchedule.constant(0),
            new Trainer.Configuration(50, 1, 1, 0, 2, 2, 0, null));
    Trainer.History history =
        trainer.fit(new Only<>("train"), new Only<>("validate"), TrainingProgress.SILENT);
    assertThat(history.evaluations()).extracting(Evaluation::loss).isEqualTo(losses.subList(0, 6));
    assertThat(history.evaluations())
        .extracting(Evaluation::best)
        .containsExactly(true, true, false, true, false, false);
    assertThat(history.steps()).hasSize(12);
    assertThat(history.finished()).isTrue();
  }

  @Test
  void stopEndsAfterTheStepThatRuns() {
    TinyGpt model = new TinyGpt(1, 0);
    Trainer<Batch> trainer = trainer(model, Trainer.Configuration.ofSteps(100, 1));
    TrainingProgress stopping =
        new TrainingProgress() {
          @Override
          public void step(Step step) {
            if (step.step() == 3) {
              trainer.stop();
            }
          }
        };
    Trainer.History history = trainer.fit(TRAIN, null, stopping);
    assertThat(history.steps()).hasSize(3);
    assertThat(history.finished()).isFalse();
  }

  // The same bits

  @Test
  void theSameSeedTrainsTheSameBitsOnAnyNumberOfThreads() {
    int before = Parallel.threads();
    try {
      Parallel.setThreads(1);
      TinyGpt expected = trained(3);
      for (int threads : new int[] {2, 3, 8}) {
        Parallel.setThreads(threads);
        requireSameBits(trained(3), expected);
      }
      assertThat(weights(trained(4)).get("embedding.weight"))
          .isNotEqualTo(weights(expected).get("embedding.weight"));
    } finally {
      Parallel.setThreads(before);
    }
  }

  /// Wide enough for matrices to be cut into tasks; with dropout everywhere.
  private static TinyGpt trained(long seed) {
    TinyGpt model = new TinyGpt(1, 0.2, 32);
    List<Batch> parts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      parts.add(TRAIN.batch(i));
    }
    trainer(model, Trainer.Configuration.ofSteps(3, seed))
        .fit(new Only<>(TinyGpt.join(parts)), null, TrainingProgress.SILENT);
    return model;
  }

  @Test
  void refusesImpossibleConfigurations() {
    assertThatThrownBy(() -> new Trainer.Configuration(1, 1, 0, 1, 0, 0, 0, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "steps and clipNorm must be 0 or more, accumulate 1 or more: received 1, 1.0, 0");
    assertThatThrownBy(() -> new Trainer.Configuration(1, 1, 1, 1, 0, 0, -1, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "evaluateEvery, patience and checkpointEvery must be 0 or more: received 0, 0, -1");
  }

  // Memory

  /// The batches of `counting`, which say how large they are.
  private record Sized(Counting counting, int texts, long timesLarger)
      implements TrainingData<Batch> {
    @Override
    public long batchesPerEpoch() {
      return counting.batchesPerEpoch();
    }

    @Override
    public Batch batch(long index) {
      List<Batch> parts = new ArrayList<>();
      for (int i = 0; i < texts; i++) {
        parts.add(counting.batch(texts * index + i));
      }
      return TinyGpt.join(parts);
    }

    @Override
    public long rows(long index) {
      return timesLarger * batch(index).sequences().rows();
    }

    @Override
    public Sized inPartsOf(int parts) {
      return new Sized(counting, Math.ceilDiv(texts, parts), 1);
    }
  }

  private static TrainingMemory begun(Trainer<Batch> trainer, TrainingData<Batch> data) {
    List<TrainingMemory> heard = new ArrayList<>();
    trainer.fit(
        data,
        null,
        new TrainingProgress() {
          @Override
          public void begins(TrainingMemory memory) {
            heard.add(memory);
          }
        });
    assertThat(heard).hasSize(1);
    return heard.getFirst();
  }

  @Test
  void theMemoryOfARunIsReckonedBeforeItsFirstStep() {
    TinyGpt model = new TinyGpt(1, 0, 64);
    Sized data = new Sized(TRAIN, 32, 1);
    TrainingMemory memory = begun(trainer(model, Trainer.Configuration.ofSteps(1, 1)), data);
    long bytes = 4 * model.parameterCount();
    assertThat(memory.parameters()).isEqualTo(bytes);
    assertThat(memory.gradients()).isEqualTo(bytes);
    assertThat(memory.optimizer()).isEqualTo(2 * bytes);
    StepMemory whole = new StepMemory();
    whole.step(() -> {
      model.loss(data.batch(0)).sum().backwardAndFree();
      return true;
    });
    assertThat((double) memory.activations()).isCloseTo(whole.peakBytes(), withinPercentage(30));
  }

  @Test
  void theTrialOfMemoryChangesNothingThatIsLearned() {
    TinyGpt untried = new TinyGpt(1, 0.1);
    TinyGpt tried = new TinyGpt(1, 0.1);
    trainer(untried, Trainer.Configuration.ofSteps(3, 1)).fit(TRAIN, null, TrainingProgress.SILENT);
    assertThat(
            begun(trainer(tried, Trainer.Configuration.ofSteps(3, 1)), new Sized(TRAIN, 1, 1))
                .activations())
        .isPositive();
    requireSameBits(tried, untried);
  }

  @Test
  void aNewModelThatCannotFitIsRefusedBeforeItTakesMemory() {
    Initializer shapes = Initializer.beforeLoading();
    TrainingMemory.requireRoomFor(new Linear(300, 200, true, shapes));
    assertThatThrownBy(
            () -> TrainingMemory.requireRoomFor(new Linear(2_000_000, 2_000_000, true, shapes)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(
            "training 4,000,002,000,000 new parameters needs 64000.0 GB of memory: ");
  }

  @Test
  void aRunThatCannotFitIsRefused() {
    TinyGpt model = new TinyGpt(1, 0);
    Map<String, float[]> before = weights(model);
    Trainer<Batch> trainer = trainer(model, Trainer.Configuration.ofSteps(1, 1));
    assertThatThrownBy(
            () -> trainer.fit(new Sized(TRAIN, 32, 1_000_000_000L), null, TrainingProgress.SILENT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "training \\(gradients 0\\.00 GB, optimizer 0\\.00 GB, activations of a step"
                + " \\d+\\.\\d+ GB\\) needs \\d+\\.\\d GB of memory: this process may use"
                + " \\d+\\.\\d GB.*");
    weights(model).forEach((name, bits) -> assertThat(bits).isEqualTo(before.get(name)));
  }
}
