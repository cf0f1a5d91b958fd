package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.MemoryLimit;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightNamesTest {
  @TempDir Path folder;

  private static final class Model extends Layer {
    Model(Initializer initializer) {
      layer("first", new Linear(3, 2, true, initializer));
      layer("second", new Linear(3, 4, true, initializer));
      layer("norm", new LayerNorm(4, 1e-5, true, initializer));
      layer("head", new Linear(4, 5, true, initializer));
    }
  }

  private static WeightNames names() {
    WeightNames names = new WeightNames("base.").ignoring("mask\\..*");
    for (String kind : List.of(".weight", ".bias")) {
      names.transposed("both" + kind, "first" + kind, "second" + kind);
    }
    return names.weightAndBias("LayerNorm", "norm").headWeightAndBias("classifier", "head");
  }

  private final Model model = new Model(Initializer.seeded(3));
  private final List<StoredTensor> stored = names().stored(model);

  @Test
  void tensorsHaveTheirStoredNamesAndShapes() {
    assertThat(stored.stream().map(StoredTensor::toString))
        .containsExactly(
            "base.both.weight F32 [3, 6]",
            "base.both.bias F32 [6]",
            "base.LayerNorm.weight F32 [4]",
            "base.LayerNorm.bias F32 [4]",
            "classifier.weight F32 [5, 4]",
            "classifier.bias F32 [5]");
    float[] both = stored.getFirst().toFloats();
    assertThat(both[1 * 6 + 0]).isEqualTo((float) parameter(model, "first.weight").get(0, 1));
    assertThat(both[2 * 6 + 5]).isEqualTo((float) parameter(model, "second.weight").get(3, 2));
  }

  @Test
  void whatWasStoredIsLoadedWithTheSameBits() {
    requireSame(load(stored));
  }

  @Test
  void thePrefixMayBeLackingAndOtherHeadsAndExtrasThere() {
    List<StoredTensor> bare = new ArrayList<>();
    stored.forEach(tensor -> bare.add(tensor.withName(tensor.name().replace("base.", ""))));
    bare.add(extra("mask.0"));
    bare.add(extra("embeddings.position_ids"));
    requireSame(load(bare));

    List<StoredTensor> more = new ArrayList<>(stored);
    more.add(extra("base.mask.0"));
    more.add(extra("base.rotary.inv_freq"));
    more.add(extra("qa_outputs.weight"));
    requireSame(load(more));
  }

  @Test
  void aNormMaySayGammaAndBeta() {
    requireSame(
        load(
            stored.stream()
                .map(tensor ->
                    tensor.withName(
                        tensor
                            .name()
                            .replace("LayerNorm.weight", "LayerNorm.gamma")
                            .replace("LayerNorm.bias", "LayerNorm.beta")))
                .toList()));
  }

  @Test
  void halfPrecisionIsConverted() {
    Model loaded = load(stored.stream().map(tensor -> tensor.as(StoredType.BF16)).toList());
    float exact = (float) parameter(model, "head.weight").get(2, 1);
    assertThat((float) parameter(loaded, "head.weight").get(2, 1))
        .isEqualTo(
            StoredTensor.of("x", Shape.of(1), new float[] {exact})
                .as(StoredType.BF16)
                .toFloats()[0]);
  }

  @Test
  void aMissingTensorIsNamedWithTheFileAndItsShape() {
    List<StoredTensor> fewer =
        stored.stream().filter(tensor -> !tensor.name().contains("Norm")).toList();
    assertThatThrownBy(() -> load(fewer))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.safetensors: expected a tensor base.LayerNorm.weight [4]")
        .hasMessageContaining("missing in all: 2");
  }

  @Test
  void aSurplusTensorIsNamed() {
    for (String name : List.of("base.adapter.weight", "base.classifier.weight")) {
      List<StoredTensor> more = new ArrayList<>(stored);
      more.add(extra(name));
      assertThatThrownBy(() -> load(more))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("model.safetensors: found a tensor " + name + " F32 [1]");
    }
  }

  @Test
  void anotherShapeOrTypeIsNamed() {
    assertThatThrownBy(
            () -> load(replaced(StoredTensor.of("classifier.bias", Shape.of(4), new float[4]))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "model.safetensors: classifier.bias must have the shape [5]: found [4]");
    assertThatThrownBy(
            () -> load(replaced(StoredTensor.of("classifier.bias", Shape.of(5), new int[5]))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("classifier.bias must hold floating-point numbers: found I32");
  }

  @Test
  void namesThatForgetAParameterAreTheProgrammersMistake() {
    WeightNames forgetful =
        new WeightNames("").tensor("a", "first.weight").tensor("b", "third.weight");
    assertThatIllegalStateException()
        .isThrownBy(() -> forgetful.stored(model))
        .withMessageContaining("first.bias")
        .withMessageContaining("[third.weight] are no parameters");
  }

  private List<StoredTensor> replaced(StoredTensor by) {
    return stored.stream().map(tensor -> tensor.name().equals(by.name()) ? by : tensor).toList();
  }

  private static StoredTensor extra(String name) {
    return StoredTensor.of(name, Shape.of(1), new float[1]);
  }

  private Model load(List<StoredTensor> tensors) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(file, tensors, Map.of());
    Model loaded = new Model(Initializer.beforeLoading());
    names().load(Checkpoint.open(file), loaded);
    return loaded;
  }

  private static Parameter parameter(Layer model, String name) {
    return Objects.requireNonNull(model.parameters().get(name), name);
  }

  private void requireSame(Model loaded) {
    model
        .parameters()
        .forEach((name, parameter) ->
            assertThat(Arrays.toString(parameter(loaded, name).toFloatArray()))
                .as(name)
                .isEqualTo(Arrays.toString(parameter.toFloatArray())));
  }

  /// A file of 256 GB that takes no room on the disk, whose numbers in F32 would be 512 GB.
  @Test
  void whatDoesNotFitIntoMemoryIsRefusedBeforeItIsTaken() throws IOException {
    long limit = MemoryLimit.ofThisProcess().bytes();
    assumeTrue(limit > 0 && limit < 500e9, "a machine whose memory is known and below 500 GB");
    int in = 1 << 20;
    int out = 1 << 17;
    long bytes = 2L * in * out;
    byte[] header =
        "{\"w.weight\":{\"dtype\":\"F16\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
            .formatted(out, in, bytes)
            .getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("model.safetensors");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.writeLong(Long.reverseBytes(header.length));
      sparse.write(header);
      sparse.setLength(8 + header.length + bytes);
    }
    var large =
        new Layer() {
          {
            layer("w", new Linear(in, out, false, Initializer.beforeLoading()));
          }
        };
    assertThatIllegalStateException()
        .isThrownBy(() ->
            new WeightNames("").tensor("w.weight", "w.weight").load(Checkpoint.open(folder), large))
        .withMessageStartingWith("loading ")
        .withMessageContaining("needs 549.8 GB of memory: this process may use");
  }
}
