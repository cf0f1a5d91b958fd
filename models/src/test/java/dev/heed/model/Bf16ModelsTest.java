package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.heed.generation.KnownText;
import dev.heed.model.llama.Llama;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Precision;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Matrices of a checkpoint in BF16 stay where they are, and compute what the same numbers in F32
/// do.
class Bf16ModelsTest {
  private static final Path GOLDENS = new Golden("bert").directory().resolveSibling("");
  private static final int TOKENS = 19;
  private static final Sequences ONE = Sequences.ofLengths(TOKENS);
  private static final Tensor IDS =
      Tensor.of(IntStream.range(0, TOKENS).map(i -> 1 + i * 7 % 19).toArray(), TOKENS);

  @TempDir private Path folder;

  static List<String> models() throws IOException {
    try (Stream<Path> all = Files.walk(GOLDENS)) {
      return all.filter(path -> Files.exists(path.resolve("config.json")))
          .map(path -> GOLDENS.relativize(path).toString())
          .sorted()
          .toList();
    }
  }

  /// The golden model with other weights.
  private Path with(String golden, String name, UnaryOperator<StoredTensor> weights)
      throws IOException {
    Path from = GOLDENS.resolve(golden);
    Path to = Files.createDirectory(folder.resolve(name));
    Checkpoint checkpoint = Checkpoint.open(from);
    List<StoredTensor> tensors =
        checkpoint.names().stream().map(checkpoint::tensor).map(weights).toList();
    SafetensorsWriter.write(to.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    Files.copy(from.resolve("config.json"), to.resolve("config.json"));
    return to;
  }

  private Path halves(String golden) throws IOException {
    return with(golden, "bf16", tensor -> tensor.as(StoredType.BF16));
  }

  private Path floats(String golden) throws IOException {
    return with(golden, "f32", tensor -> tensor.as(StoredType.BF16).as(StoredType.F32));
  }

  private static float[] compute(Path directory) {
    Layer model = ModelDirectory.open(directory, Layer.class);
    return Tensor.noGrad(() ->
            switch (model) {
              case CausalModel causal -> causal.logits(causal.apply(IDS, ONE));
              case SequenceToSequenceModel both ->
                  both.logits(both.decode(IDS, ONE, both.encode(IDS, ONE), ONE));
              default ->
                  ModelDirectory.openEncoder(directory)
                      .apply(IDS, ONE, Tensor.of(new int[TOKENS], TOKENS));
            })
        .toFloatArray();
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyFamilyComputesTheSameBits(String golden) throws IOException {
    assertThat(compute(halves(golden))).isEqualTo(compute(floats(golden)));
  }

  @Test
  void textsGoOnAlikeTokenByToken() throws IOException {
    Llama kept = ModelDirectory.open(halves("llama/qwen2"), Llama.class);
    Llama wide = ModelDirectory.open(floats("llama/qwen2"), Llama.class);
    KnownText one = new KnownText(kept);
    KnownText other = new KnownText(wide);
    for (int length = 3; length < TOKENS; length++) {
      assertThat(one.nextLogits(IDS.toIntArray(), length))
          .isEqualTo(other.nextLogits(IDS.toIntArray(), length));
    }
  }

  private static Parameter someWeight(Layer model) {
    return model.layers().values().stream()
        .filter(Linear.class::isInstance)
        .map(layer -> ((Linear) layer).weight())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theyStayWhereTheyAreUntilTrainingNeedsF32() throws IOException {
    assumeThat(Kernels.active().keepsBf16()).as("kernels for BF16 weights").isTrue();
    Llama kept = ModelDirectory.open(halves("llama/qwen2"), Llama.class);
    Parameter weight = someWeight(kept);
    assertThat(weight.dtype()).isEqualTo(DType.BF16);
    assertThat(weight.memory().isMapped()).isTrue();
    float[] before = weight.toFloatArray();
    kept.setFrozen(false);
    assertThat(weight.dtype()).isEqualTo(DType.F32);
    assertThat(weight.toFloatArray()).isEqualTo(before);
    kept.loss(IDS, ONE, IDS).backward();
    assertThat(weight.gradient()).isNotNull();
  }

  @Test
  void gradientsFlowThroughThemToWhatIsTrained() throws IOException {
    Llama kept = ModelDirectory.open(halves("llama/qwen2"), Llama.class);
    Llama wide = ModelDirectory.open(floats("llama/qwen2"), Llama.class);
    for (Llama model : List.of(kept, wide)) {
      vectors(model).values().forEach(parameter -> parameter.setFrozen(false));
      model.loss(IDS, ONE, IDS).backward();
    }
    Map<String, Parameter> expected = vectors(wide);
    assertThat(expected).hasSizeGreaterThan(4);
    vectors(kept)
        .forEach((name, vector) ->
            assertThat(gradient(vector))
                .as(name)
                .isEqualTo(gradient(Objects.requireNonNull(expected.get(name)))));
  }

  private static float[] gradient(Parameter parameter) {
    return Objects.requireNonNull(parameter.gradient()).toFloatArray();
  }

  private static Map<String, Parameter> vectors(Layer model) {
    return model.parameters().entrySet().stream()
        .filter(entry -> entry.getValue().shape().rank() == 1)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Test
  void eightBitsAreMadeOfThemAsOfF32() throws IOException {
    Path kept = halves("llama/llama-llama3");
    Path wide = floats("llama/llama-llama3");
    assertThat(Precision.INT8.<float[]>compute(() -> compute(kept)))
        .isEqualTo(Precision.INT8.<float[]>compute(() -> compute(wide)));
  }
}
