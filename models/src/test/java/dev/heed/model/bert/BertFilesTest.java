package dev.heed.model.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Golden;
import dev.heed.model.ModelException;
import dev.heed.tensor.Shape;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BertFilesTest {
  private static final Golden GOLDEN = new Golden("bert");

  @TempDir Path folder;

  @Test
  void aCheckpointMayCarryThePrefixAndAnotherHeadAndLackThePooler() throws IOException {
    write(
        Stream.concat(
            GOLDEN.stored().stream()
                .filter(tensor -> !tensor.name().startsWith("pooler"))
                .map(tensor ->
                    tensor.withName(
                        "bert." + tensor.name().replace("LayerNorm.weight", "LayerNorm.gamma"))),
            Stream.of(
                StoredTensor.of("cls.predictions.bias", Shape.of(53), new float[53]),
                StoredTensor.of("bert.embeddings.position_ids", Shape.of(1, 24), new long[24]))));
    Bert loaded = Bert.load(folder);
    assertThat(loaded.hasPooler()).isFalse();
    Bert golden = Bert.load(GOLDEN.directory());
    loaded
        .parameters()
        .forEach((name, parameter) ->
            assertThat(parameter.toFloatArray())
                .as(name)
                .isEqualTo(Objects.requireNonNull(golden.parameters().get(name)).toFloatArray()));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"hidden_act\": \"gelu\"', '\"hidden_act\": \"mish\"', hidden_act, mish",
    "'\"is_decoder\": false', '\"is_decoder\": true', is_decoder, true",
    "'\"hidden_size\": 24', '\"position_embedding_type\": \"relative_key\", \"hidden_size\": 24',"
        + " position_embedding_type, relative_key",
    "'\"num_attention_heads\": 3', '\"num_attention_heads\": 7', heads, 7",
    "'\"num_hidden_layers\": 2', '\"num_hidden_layers\": 3', encoder.layer.2, not found",
  })
  void whatTheConfigurationAsksForAndHeedLacksIsNamed(
      String from, String to, String key, String found) throws IOException {
    write(GOLDEN.stored().stream());
    String text = Files.readString(folder.resolve("config.json"));
    assertThat(text).contains(from);
    Files.writeString(folder.resolve("config.json"), text.replace(from, to));
    assertThatThrownBy(() -> Bert.load(folder))
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
