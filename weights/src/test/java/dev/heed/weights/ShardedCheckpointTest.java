package dev.heed.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardedCheckpointTest {
  @TempDir Path folder;

  @BeforeEach
  void writeTwoShards() {
    for (int i = 1; i <= 2; i++) {
      SafetensorsWriter.write(
          folder.resolve("model-0000" + i + "-of-00002.safetensors"),
          List.of(StoredTensor.of("w" + i, Shape.of(1), new float[] {i})),
          Map.of("format", "pt"));
    }
  }

  @Test
  void theIndexGathersTheShards() throws IOException {
    index(
        """
        {"metadata": {"total_size": 8, "more": [{"deep": 1}]},
         "weight_map": {"w2": "model-00002-of-00002.safetensors",
                        "w1": "model-00001-of-00002.safetensors"}}\
        """);

    Checkpoint model = Checkpoint.open(folder);

    assertThat(model.names()).containsExactly("w2", "w1");
    assertThat(model.tensor("w2").toFloats()).containsExactly(2);
    assertThat(model.metadata()).containsEntry("format", "pt");
  }

  @Test
  void aTensorThatItsShardLacksIsNamed() throws IOException {
    index(
        """
        {"weight_map": {"w3": "model-00002-of-00002.safetensors"}}\
        """);

    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("expected w3 in model-00002-of-00002.safetensors");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          {"weight_map": {"a": "../secret.safetensors"}}    | file in the same folder
          {"weight_map": {"a": "/etc/x.safetensors"}}       | file in the same folder
          {"weight_map": {"a": "x\\\\y.safetensors"}}       | file in the same folder
          {"weight_map": {"a": ""}}                         | file in the same folder
          {"weight_map": {"a": "x", "a": "x"}}              | found a twice
          {"weight_map": {"a": 1}}                          | VALUE_STRING
          {"weight_map": {}, "weight_map": {}}              | found two
          {"metadata": {}}                                  | found none
          {"weight_map"                                     | JSON index
          [                                                 | START_OBJECT
          """)
  void refuses(String json, String message) {
    assertThatThrownBy(
            () -> ShardedCheckpoint.weightMap("test", MemorySegment.ofArray(json.getBytes(UTF_8))))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(message);
  }

  private void index(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
  }
}
