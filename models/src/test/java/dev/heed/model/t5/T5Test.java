package dev.heed.model.t5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Golden;
import dev.heed.model.ModelException;
import dev.heed.model.SequenceToSequenceGolden;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Shape;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `t5`: ReLU, one table, scaled output; `t5-gated`: as Flan-T5, with an output layer of its own.
class T5Test {
  @TempDir Path folder;

  private static T5 model(SequenceToSequenceGolden golden) {
    return T5.load(golden.golden().directory());
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void logitsAndHiddenStatesAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireForward(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void theThreeKindsOfAttentionAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireAttentions(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void lossAndGradientsOfAllParametersAreThoseOfTransformers(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    T5 model = model(golden);
    golden.requireGradients(
        model,
        new T5(model.configuration(), Initializer.seeded(0)),
        T5Weights.names(model.configuration()),
        List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void tokensMadeOneByOneHaveTheLogitsOfTheWholeTarget(String name) {
    SequenceToSequenceGolden golden = new SequenceToSequenceGolden(name);
    golden.requireCachedEqualsWhole(model(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void savedWeightsAreTheOnesThatTransformersWrote(String name) {
    Golden golden = new Golden(name);
    T5 loaded = T5.load(golden.directory());
    loaded.save(folder);
    Checkpoint saved = Checkpoint.open(folder);
    List<StoredTensor> expected = golden.stored();
    assertThat(saved.names()).hasSize(expected.size());
    expected.forEach(tensor ->
        assertThat(saved.tensor(tensor.name()).sameAs(tensor)).as(tensor.name()).isTrue());
    assertThat(T5.load(folder).configuration()).isEqualTo(loaded.configuration());
  }

  /// As the first checkpoints have them.
  @Test
  void copiesOfTheTableAndDistancesToTheSourceArePassedOver() throws IOException {
    Golden golden = new Golden("t5");
    StoredTensor table =
        golden.stored().stream()
            .filter(tensor -> tensor.name().equals("shared.weight"))
            .findFirst()
            .orElseThrow();
    write(
        golden,
        Stream.concat(
            golden.stored().stream(),
            Stream.of(
                table.withName("encoder.embed_tokens.weight"),
                table.withName("lm_head.weight"),
                StoredTensor.of(
                    "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
                    Shape.of(8, 3),
                    new float[24]))));
    assertThat(T5.load(folder).configuration().tied()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'\"feed_forward_proj\": \"relu\"', '\"feed_forward_proj\": \"gated-mish\"',"
        + " feed_forward_proj, mish",
    "'\"is_encoder_decoder\": true', '\"is_encoder_decoder\": false', is_encoder_decoder, false",
    "'\"num_layers\": 2', '\"num_layers\": 3', encoder.block.2, not found",
    "'\"relative_attention_num_buckets\": 8', '\"relative_attention_num_buckets\": 7', buckets, 7",
    "'\"d_kv\": 10', '\"d_kv\": 12', SelfAttention, '[36, 24]'",
  })
  void whatTheConfigurationAsksForAndHeedLacksIsNamed(
      String from, String to, String key, String found) throws IOException {
    Golden golden = new Golden("t5");
    write(golden, golden.stored().stream());
    String text = Files.readString(folder.resolve("config.json"));
    assertThat(text).contains(from);
    Files.writeString(folder.resolve("config.json"), text.replace(from, to));
    assertThatThrownBy(() -> T5.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(found);
  }

  private void write(Golden golden, Stream<StoredTensor> tensors) throws IOException {
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"), tensors.toList(), Map.of("format", "pt"));
    Files.copy(golden.directory().resolve("config.json"), folder.resolve("config.json"));
  }
}
