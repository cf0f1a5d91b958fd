package dev.heed.model.gpt2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Gpt2FilesTest {
  private static final Path GOLDEN = Gpt2Golden.directory();
  private static final String QUERY_KEY_VALUE = "transformer.h.1.attn.c_attn.weight";

  @TempDir Path folder;

  @Test
  void theConfigurationIsWhatTheFileSays() {
    assertThat(Gpt2.load(GOLDEN).configuration())
        .isEqualTo(
            new Gpt2Configuration(53, 24, 24, 2, 3, 96, Activation.GELU_TANH, 0.1, 1e-5, 0, true));
  }

  @Test
  void weightsWithoutThePrefixAreTheSameModel() throws IOException {
    copyConfig(text -> text);
    writeWeights(
        stored().stream()
            .map(tensor -> tensor.withName(tensor.name().substring("transformer.".length()))));
    requireSameBits(Gpt2.load(folder), Gpt2.load(GOLDEN));
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    copyConfig(text -> text);
    writeWeights(stored().stream().filter(tensor -> !tensor.name().equals(QUERY_KEY_VALUE)));
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(QUERY_KEY_VALUE);
  }

  @Test
  void aTensorOfAnotherShapeIsNamedWithBothShapes() throws IOException {
    copyConfig(text -> text);
    StoredTensor turned = StoredTensor.of(QUERY_KEY_VALUE, Shape.of(72, 24), new float[72 * 24]);
    writeWeights(stored().stream().map(t -> t.name().equals(QUERY_KEY_VALUE) ? turned : t));
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(QUERY_KEY_VALUE)
        .hasMessageContaining("must have the shape " + Shape.of(24, 72))
        .hasMessageContaining("found " + Shape.of(72, 24));
  }

  @Test
  void aConfigurationLargerThanTheWeightsIsRefused() throws IOException {
    copyConfig(text -> text.replace("\"n_layer\": 2", "\"n_layer\": 3"));
    writeWeights(stored().stream());
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("transformer.h.2.");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"gelu_new\"', '\"swish7\"', activation_function, swish7",
    "'\"scale_attn_weights\": true', '\"scale_attn_weights\": false', scale_attn_weights, false",
    "'\"add_cross_attention\": false', '\"add_cross_attention\": true', add_cross_attention, true",
    "'\"n_embd\": 24', '\"n_embd\": \"24\"', n_embd, a whole number",
    "'\"n_embd\": 24,', '', n_embd, null",
    "'\"n_head\": 3', '\"n_head\": 2.5', n_head, 2.5",
    "'\"n_head\": 3', '\"n_head\": 5', numHeads must divide modelWidth, 5",
    "'\"eos_token_id\": 0', '\"eos_token_id\": 53', endOfText, 53",
  })
  void whatTheConfigurationAsksForAndHeedLacksIsNamed(
      String from, String to, String key, String found) throws IOException {
    copyConfig(text -> {
      assertThat(text).contains(from);
      return text.replace(from, to);
    });
    writeWeights(stored().stream());
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(key)
        .hasMessageContaining(found);
  }

  @Test
  void anOutputMatrixThatIsStoredTwiceIsTheEmbedding() throws IOException {
    copyConfig(text -> text);
    Checkpoint golden = Checkpoint.open(GOLDEN);
    StoredTensor output = golden.tensor("transformer.wte.weight").withName("lm_head.weight");
    writeWeights(Stream.concat(stored().stream(), Stream.of(output)));
    Gpt2 model = Gpt2.load(folder);
    assertThat(model.configuration().tied()).isTrue();
    requireSameBits(model, Gpt2.load(GOLDEN));
  }

  @Test
  void aStoredOutputMatrixThatDiffersWinsOverTheConfiguration() throws IOException {
    copyConfig(text -> text);
    float[] values = new float[53 * 24];
    Arrays.fill(values, 0.5f);
    StoredTensor output = StoredTensor.of("lm_head.weight", Shape.of(53, 24), values);
    writeWeights(Stream.concat(stored().stream(), Stream.of(output)));
    Gpt2 model = Gpt2.load(folder);
    assertThat(model.configuration().tied()).isFalse();
    Tensor hidden = Tensor.of(new float[24], 1, 24);
    hidden.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 3, 2);
    assertThat(model.logits(hidden).toFloatArray()).containsOnly(1);
    model.save(folder.resolve("again"));
    assertThat(Gpt2.load(folder.resolve("again")).logits(hidden).toFloatArray()).containsOnly(1);
  }

  @Test
  void anUntiedOutputMatrixThatIsMissingIsNamed() throws IOException {
    copyConfig(
        text -> text.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false"));
    writeWeights(stored().stream());
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("lm_head.weight [53, 24]");
  }

  @Test
  void masksOfOldCheckpointsAreIgnored() throws IOException {
    copyConfig(text -> text);
    StoredTensor mask =
        StoredTensor.of("transformer.h.0.attn.bias", Shape.of(1, 1, 24, 24), new float[24 * 24]);
    writeWeights(Stream.concat(stored().stream(), Stream.of(mask)));
    requireSameBits(Gpt2.load(folder), Gpt2.load(GOLDEN));
  }

  @Test
  void weightsAreReadFromTheMappedFileUntilTrainingWantsThem() {
    Gpt2 model = Gpt2.load(GOLDEN);
    Parameter embedding = Objects.requireNonNull(model.parameters().get("embedding.weight"));
    assertThat(embedding.memory().isReadOnly()).isTrue();
    assertThat(model.parameters().values()).allMatch(Parameter::isFrozen);
    model.setFrozen(false);
    assertThat(model.parameters().values()).noneMatch(p -> p.memory().isReadOnly());
    requireSameBits(model, Gpt2.load(GOLDEN));
  }

  @Test
  void aConfigurationThatAsksForMoreMemoryThanThereIsNamesTheTensor() throws IOException {
    copyConfig(text -> text.replace("\"n_embd\": 24", "\"n_embd\": 24000000"));
    writeWeights(stored().stream());
    assertThatThrownBy(() -> Gpt2.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.safetensors: transformer.wte.weight must have the shape");
  }

  @Test
  void aSavedModelLoadsWithTheSameBits() {
    Gpt2 golden = Gpt2.load(GOLDEN);
    golden.save(folder.resolve("new/folder"));
    Gpt2 loaded = Gpt2.load(folder.resolve("new/folder"));
    assertThat(loaded.configuration()).isEqualTo(golden.configuration());
    requireSameBits(loaded, golden);
  }

  @Test
  void savedWeightsAreTheOnesThatTransformersWrote() {
    Gpt2.load(GOLDEN).save(folder);
    Checkpoint expected = Checkpoint.open(GOLDEN);
    Checkpoint saved = Checkpoint.open(folder);
    assertThat(saved.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(saved.tensor(name).sameAs(expected.tensor(name))).as(name).isTrue();
    }
    assertThat(saved.metadata()).containsEntry("format", "pt");
  }

  @Test
  void theSavedConfigurationHasTheNamesOfTransformers() {
    Gpt2Configuration configuration =
        new Gpt2Configuration(53, 24, 24, 1, 2, 50, Activation.GELU, 0.25, 1e-6, 7, false);
    new Gpt2(configuration, Initializer.seeded(1)).save(folder);
    ConfigFile file = ConfigFile.read(folder.resolve("config.json"));
    assertThat(file.values())
        .containsEntry("model_type", "gpt2")
        .containsEntry("architectures", List.of("GPT2LMHeadModel"))
        .containsEntry("n_inner", 50L)
        .containsEntry("activation_function", "gelu")
        .containsEntry("attn_pdrop", 0.25)
        .containsEntry("layer_norm_epsilon", 1e-6)
        .containsEntry("eos_token_id", 7L);
    assertThat(ConfigFile.read(folder.resolve("generation_config.json")).values())
        .containsEntry("eos_token_id", 7L);
    assertThat(Gpt2.load(folder).configuration()).isEqualTo(configuration);
  }

  private static List<StoredTensor> stored() {
    Checkpoint checkpoint = Checkpoint.open(GOLDEN);
    return checkpoint.names().stream().map(checkpoint::tensor).toList();
  }

  private void copyConfig(UnaryOperator<String> change) throws IOException {
    String text = Files.readString(GOLDEN.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), change.apply(text));
  }

  private void writeWeights(Stream<StoredTensor> tensors) {
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"), tensors.toList(), Map.of("format", "pt"));
  }

  private static void requireSameBits(Gpt2 received, Gpt2 expected) {
    assertThat(received.parameters().keySet()).isEqualTo(expected.parameters().keySet());
    received
        .parameters()
        .forEach((name, parameter) ->
            assertThat(expected.parameters())
                .as(name)
                .hasEntrySatisfying(
                    name,
                    other -> assertThat(parameter.toFloatArray()).isEqualTo(other.toFloatArray())));
  }
}
