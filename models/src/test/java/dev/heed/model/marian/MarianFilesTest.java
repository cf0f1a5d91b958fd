package dev.heed.model.marian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Golden;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.model.marian.MarianConfiguration.Family;
import dev.heed.tensor.Shape;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MarianFilesTest {
  private static final Golden GOLDEN = new Golden("marian");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus"})
  void savedWeightsAreTheOnesThatTransformersWrote(String name) {
    Golden golden = new Golden(name);
    Marian loaded = open(golden.directory());
    loaded.save(folder);
    Checkpoint saved = Checkpoint.open(folder);
    List<StoredTensor> expected = golden.stored();
    assertThat(saved.names()).hasSize(expected.size());
    expected.forEach(tensor ->
        assertThat(saved.tensor(tensor.name()).sameAs(tensor)).as(tensor.name()).isTrue());
    assertThat(open(folder).marian()).isEqualTo(loaded.marian());
  }

  private static Marian open(Path directory) {
    return (Marian) ModelDirectory.open(directory, SequenceToSequenceModel.class);
  }

  @Test
  void theDirectoryIsOpenedByItsArchitecture() {
    assertThat(ModelDirectory.open(GOLDEN.directory(), SequenceToSequenceModel.class))
        .isInstanceOf(Marian.class);
  }

  /// As `pytorch_model.bin` of OPUS-MT has them: the table four times, and the waves.
  @Test
  void tiedTablesMayBeStoredSeveralTimesAndTheWavesToo() throws IOException {
    StoredTensor shared =
        GOLDEN.stored().stream()
            .filter(tensor -> tensor.name().equals("model.shared.weight"))
            .findFirst()
            .orElseThrow();
    write(
        Stream.concat(
            GOLDEN.stored().stream(),
            Stream.of(
                shared.withName("model.encoder.embed_tokens.weight"),
                shared.withName("model.decoder.embed_tokens.weight"),
                shared.withName("lm_head.weight"),
                StoredTensor.of(
                    "model.encoder.embed_positions.weight", Shape.of(1, 24), new float[24]))));
    requireSame(Marian.load(folder, Family.MARIAN), Marian.load(GOLDEN.directory(), Family.MARIAN));
  }

  @Test
  void aStoredOutputThatDiffersWinsAndABiasMayBeAbsent() throws IOException {
    write(
        Stream.concat(
            GOLDEN.stored().stream().filter(tensor -> !tensor.name().equals("final_logits_bias")),
            Stream.of(StoredTensor.of("lm_head.weight", Shape.of(43, 24), new float[43 * 24]))));
    Marian model = Marian.load(folder, Family.MARIAN);
    assertThat(model.configuration().tiedOutput()).isFalse();
    assertThat(model.configuration().outputBias()).isFalse();
  }

  private static void requireSame(Marian loaded, Marian golden) {
    loaded
        .parameters()
        .forEach((name, parameter) ->
            assertThat(parameter.toFloatArray())
                .as(name)
                .isEqualTo(Objects.requireNonNull(golden.parameters().get(name)).toFloatArray()));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"activation_function\": \"swish\"', '\"activation_function\": \"mish\"',"
        + " activation_function, mish",
    "'\"encoder_layerdrop\": 0.0', '\"encoder_layerdrop\": 0.1', encoder_layerdrop, 0.1",
    "'\"is_encoder_decoder\": true', '\"is_encoder_decoder\": false', is_encoder_decoder, false",
    "'\"d_model\": 24', '\"normalize_before\": true, \"d_model\": 24', normalize_before, true",
    "'\"d_model\": 24', '\"d_model\": 36', model.shared.weight, '[43, 24]'",
    "'\"decoder_attention_heads\": 4', '\"decoder_attention_heads\": 7', heads, 7",
    "'\"decoder_layers\": 2', '\"decoder_layers\": 3', decoder.layers.2, not found",
    "'\"decoder_start_token_id\": 42', '\"decoder_start_token_id\": 43', startToken, 43",
  })
  void whatTheConfigurationAsksForAndHeedLacksIsNamed(
      String from, String to, String key, String found) throws IOException {
    write(GOLDEN.stored().stream());
    String text = Files.readString(folder.resolve("config.json"));
    assertThat(text).contains(from);
    Files.writeString(folder.resolve("config.json"), text.replace(from, to));
    assertThatThrownBy(() -> Marian.load(folder, Family.MARIAN))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(found);
  }

  private void write(Stream<StoredTensor> tensors) throws IOException {
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"), tensors.toList(), Map.of("format", "pt"));
    Files.copy(GOLDEN.directory().resolve("config.json"), folder.resolve("config.json"));
  }
}
