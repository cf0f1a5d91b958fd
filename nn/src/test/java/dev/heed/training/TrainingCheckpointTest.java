package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.tensor.DType;
import dev.heed.training.TinyGpt.Batch;
import dev.heed.training.TinyGpt.Counting;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class TrainingCheckpointTest {
  private static final Counting TRAIN = new Counting(1, 50);
  private static final Counting VALIDATION = new Counting(2, 2);

  @TempDir Path directory;

  private static Optimizer adamW(TinyGpt model) {
    return new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1));
  }

  private static TinyGpt model() {
    return new TinyGpt(1, 0.2);
  }

  private Trainer.Configuration configuration(long steps) {
    return new Trainer.Configuration(steps, 7, 2, 1, 3, 0, 2, directory);
  }

  /// Trains in a new process, as it were: everything is made anew but the directory.
  private TinyGpt train(
      long steps, long stopAfter, Function<TinyGpt, Optimizer> optimizer, Path into) {
    TinyGpt model = model();
    Trainer.Configuration configuration = new Trainer.Configuration(steps, 7, 2, 1, 3, 0, 2, into);
    Trainer<Batch> trainer =
        new Trainer<>(
            model,
            model::loss,
            optimizer.apply(model),
            LearningRateSchedule.cosine(1e-2, 3, 12, 0),
            configuration);
    trainer.fit(
        TRAIN,
        VALIDATION,
        new TrainingProgress() {
          @Override
          public void step(Step step) {
            if (step.step() == stopAfter) {
              trainer.stop();
            }
          }
        });
    return model;
  }

  private void resumesExactly(Function<TinyGpt, Optimizer> optimizer) throws IOException {
    Path through = directory.resolve("through");
    Path stopped = directory.resolve("stopped");
    train(12, -1, optimizer, through);
    for (int stop : new int[] {1, 2, 6, 11, -1}) {
      train(12, stop, optimizer, stopped);
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
      assertThat(stopped.resolve("step-12").resolve(file))
          .hasSameBinaryContentAs(through.resolve("step-12").resolve(file));
    }
    assertThat(lines(stopped)).isEqualTo(lines(through));
  }

  /// The lines of the metrics without the speed, which is never the same.
  private static List<String> lines(Path directory) throws IOException {
    return Files.readAllLines(directory.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"targets_per_second\":[^,}]*", ""))
        .toList();
  }

  @Test
  void aStoppedAndResumedRunEndsWithTheBitsOfOneThatWasNot() throws IOException {
    resumesExactly(TrainingCheckpointTest::adamW);
  }

  @Test
  void momentumIsResumedToo() throws IOException {
    resumesExactly(model -> new Sgd(model.parameters(), 0.9));
  }

  @Test
  void metricsAreOneJsonObjectALineForEachStepAndEvaluation() throws IOException {
    train(8, 5, TrainingCheckpointTest::adamW, directory);
    train(8, -1, TrainingCheckpointTest::adamW, directory);
    List<String> steps = new ArrayList<>();
    List<String> evaluations = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      Map<String, Double> object = parse(line);
      assertThat(object.values()).allMatch(Double::isFinite);
      if (object.containsKey("validation_loss")) {
        assertThat(object).containsOnlyKeys("step", "validation_loss");
        evaluations.add(String.valueOf(object.get("step")));
      } else {
        assertThat(object)
            .containsOnlyKeys(
                "step", "loss", "learning_rate", "gradient_norm", "targets_per_second");
        steps.add(String.valueOf(object.get("step")));
      }
    }
    assertThat(steps).containsExactly("1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0");
    assertThat(evaluations).containsExactly("3.0", "6.0", "8.0");
  }

  private static Map<String, Double> parse(String line) {
    Map<String, Double> object = new java.util.LinkedHashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        object.put(name, parser.getDoubleValue());
      }
      assertThat(parser.nextToken()).isNull();
    }
    return object;
  }

  @Test
  void metricsLoseLinesAfterTheCheckpointAndHalfLines() throws IOException {
    train(4, -1, TrainingCheckpointTest::adamW, directory);
    Path metrics = directory.resolve("metrics.jsonl");
    List<String> expected = Files.readAllLines(metrics);
    Files.writeString(
        metrics, String.join("\n", expected) + "\n{\"step\":5,\"loss\":1.0}\n{\"step\":4,\"lo");
    train(4, -1, TrainingCheckpointTest::adamW, directory);
    assertThat(Files.readAllLines(metrics)).isEqualTo(expected);
  }

  @Test
  void aFinishedRunIsNotTrainedAgain() {
    TinyGpt finished = train(4, -1, TrainingCheckpointTest::adamW, directory);
    TinyGpt again = train(4, -1, TrainingCheckpointTest::adamW, directory);
    finished
        .parameters()
        .forEach((name, value) ->
            assertThat(again.parameters().get(name))
                .isNotNull()
                .extracting(p -> p.toFloatArray())
                .isEqualTo(value.toFloatArray()));
  }

  @Test
  void aRunThatStoppedEarlyDoesNotGoOn() {
    TinyGpt model = model();
    Trainer.Configuration patient = new Trainer.Configuration(50, 7, 1, 1, 1, 2, 0, directory);
    Trainer.History first = fit(model, patient);
    assertThat(first.steps().size()).isBetween(3, 49);
    Trainer.History second = fit(model(), patient);
    assertThat(second.steps()).isEmpty();
    assertThat(second.finished()).isTrue();
  }

  /// The rate is so high that the validation loss soon grows.
  private static Trainer.History fit(TinyGpt model, Trainer.Configuration configuration) {
    return new Trainer<>(
            model,
            model::loss,
            new Sgd(model.parameters(), 0),
            LearningRateSchedule.constant(5),
            configuration)
        .fit(TRAIN, VALIDATION, TrainingProgress.SILENT);
  }

  @Test
  void keepsTheLatestCheckpointAlone() throws IOException {
    train(5, -1, TrainingCheckpointTest::adamW, directory);
    try (Stream<Path> entries = Files.list(directory)) {
      Set<String> names = new HashSet<>();
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
      assertThat(names).containsExactlyInAnyOrder("latest", "metrics.jsonl", "step-5");
    }
    assertThat(directory.resolve("latest")).hasContent("step-5");
    assertThat(TrainingCheckpoint.latest(directory)).isEqualTo(directory.resolve("step-5"));
  }

  @Test
  void savesEveryParameterOnceUnderItsName() {
    TinyGpt model = train(1, -1, TrainingCheckpointTest::adamW, directory);
    Checkpoint weights = Checkpoint.open(directory.resolve("step-1"));
    assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(model.parameters().keySet());
    assertThat(weights.tensor("embedding.weight").toFloats())
        .isEqualTo(model.parameters().values().iterator().next().toFloatArray());
    assertThat(weights.metadata()).containsEntry("format", "pt").containsEntry("step", "1");
  }

  @Test
  void halfWrittenCheckpointsDoNotMatter() throws IOException {
    train(4, -1, TrainingCheckpointTest::adamW, directory);
    Path broken = Files.createDirectories(directory.resolve("step-6"));
    Files.write(broken.resolve("model.safetensors"), new byte[] {1, 2, 3});
    Files.write(broken.resolve(".model.safetensors.x.tmp"), new byte[100]);
    Files.createDirectories(directory.resolve("step-2")); // half removed
    Files.writeString(directory.resolve("latest.next"), "step-");
    TinyGpt resumed = train(6, -1, TrainingCheckpointTest::adamW, directory);
    Path fresh = directory.resolve("fresh");
    TinyGpt expected = train(6, -1, TrainingCheckpointTest::adamW, fresh);
    assertThat(directory.resolve("step-6/model.safetensors"))
        .hasSameBinaryContentAs(fresh.resolve("step-6/model.safetensors"));
    assertThat(resumed.parameters().keySet()).isEqualTo(expected.parameters().keySet());
    assertThat(directory.resolve("step-2")).doesNotExist();
    assertThat(directory.resolve("step-6"))
        .isDirectoryNotContaining(file -> file.getFileName().toString().endsWith(".tmp"));
  }

  @Test
  void refusesToResumeWithAnotherSeedAndChangesNothing() {
    train(2, -1, TrainingCheckpointTest::adamW, directory);
    TinyGpt model = model();
    float[] before = model.parameters().values().iterator().next().toFloatArray();
    Trainer.Configuration other = new Trainer.Configuration(4, 8, 2, 1, 3, 0, 2, directory);
    assertThatThrownBy(() -> fit(model, other))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the checkpoint in " + directory + " must have the run's seed 8: received 7");
    assertThat(model.parameters().values().iterator().next().toFloatArray()).isEqualTo(before);
  }

  @Test
  void refusesACheckpointOfAnotherModel() {
    train(2, -1, TrainingCheckpointTest::adamW, directory);
    Layer other = new Linear(2, 2, true, Initializer.seeded(1));
    Sgd optimizer = new Sgd(other.parameters(), 0);
    assertThatThrownBy(() -> TrainingCheckpoint.restoreLatest(directory, 7, other, optimizer))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must hold the model's tensors: it lacks [bias, weight]");
    TinyGpt wider = new TinyGpt(1, 0.2, 32);
    assertThatThrownBy(() -> TrainingCheckpoint.restoreLatest(directory, 7, wider, adamW(wider)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("with shape [")
        .hasMessageContaining(": received ");
  }

  @Test
  void doublePrecisionIsKept() {
    TinyGpt model = model();
    model.convertTo(DType.F64);
    Optimizer optimizer = adamW(model);
    new Trainer<>(
            model, model::loss, optimizer, LearningRateSchedule.constant(0.01), configuration(2))
        .fit(TRAIN, null, TrainingProgress.SILENT);
    TinyGpt restored = model();
    restored.convertTo(DType.F64);
    Optimizer running = adamW(restored);
    TrainingCheckpoint.Saved saved =
        TrainingCheckpoint.restoreLatest(directory, 7, restored, running);
    assertThat(saved).isNotNull();
    assertThat(saved.step()).isEqualTo(2);
    restored
        .parameters()
        .forEach((name, value) ->
            assertThat(value.toDoubleArray())
                .as(name)
                .isEqualTo(Objects.requireNonNull(model.parameters().get(name)).toDoubleArray()));
    assertThat(running.state().keySet()).isEqualTo(optimizer.state().keySet());
  }

  @Test
  void aDirectoryWithoutACheckpointHasNone() {
    TinyGpt model = model();
    assertThat(TrainingCheckpoint.latest(directory)).isNull();
    assertThat(TrainingCheckpoint.restoreLatest(directory, 1, model, adamW(model))).isNull();
  }
}
