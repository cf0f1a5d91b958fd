package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import dev.heed.weights.GgufValue.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
  @TempDir Path folder;

  @Test
  void writesTheBytesOfTheReferenceImplementation() throws IOException {
    GgufFile golden = GgufReaderTest.GOLDEN;
    Path file = folder.resolve("written.gguf");

    GgufWriter.write(file, golden.values(), golden.names().stream().map(golden::tensor).toList());

    assertThat(Files.readAllBytes(file)).isEqualTo(Resources.bytes("all-types.gguf"));
  }

  @Test
  void whatIsMadeHereReadsBack() {
    Map<String, GgufValue> values = new LinkedHashMap<>();
    values.put("general.architecture", GgufValue.of("llama"));
    values.put("llama.block_count", GgufValue.u32(2));
    values.put("llama.rope.freq_base", GgufValue.f32(10000));
    values.put("tokenizer.ggml.add_bos_token", GgufValue.of(false));
    values.put("tokenizer.ggml.tokens", GgufArray.of(List.of("a", "名", "")));
    values.put("tokenizer.ggml.scores", GgufArray.of(0.5f, -1f));
    values.put("tokenizer.ggml.token_type", GgufArray.of(1, -2));
    var weights = StoredTensor.of("blk.0.attn_q.weight", Shape.of(2, 256), new float[512]);
    Path file = folder.resolve("model.gguf");

    GgufWriter.write(file, values, List.of(weights.as(StoredType.Q4_K)));

    GgufFile read = GgufReader.open(file);
    assertThat(read.text("general.architecture")).isEqualTo("llama");
    assertThat(read.integer("llama.block_count")).isEqualTo(2);
    assertThat(read.real("llama.rope.freq_base")).isEqualTo(10000);
    assertThat(read.flag("tokenizer.ggml.add_bos_token")).isFalse();
    assertThat(read.array("tokenizer.ggml.tokens", Type.TEXT).texts())
        .containsExactly("a", "名", "");
    assertThat(read.array("tokenizer.ggml.scores", Type.F32).floats()).containsExactly(0.5f, -1f);
    assertThat(read.array("tokenizer.ggml.token_type", Type.I32).integers()).containsExactly(1, -2);
    assertThat(read.tensor("blk.0.attn_q.weight").type()).isEqualTo(StoredType.Q4_K);
    assertThat(read.tensor("blk.0.attn_q.weight").shape()).isEqualTo(Shape.of(2, 256));
  }

  @Test
  void anEmptyFileIsPossible() {
    Path file = folder.resolve("model.gguf");

    GgufWriter.write(file, Map.of(), List.of());

    assertThat(GgufReader.open(file).names()).isEmpty();
    assertThat(GgufReader.open(file).values()).isEmpty();
  }

  @Test
  void whatTheFormatHasNoPlaceForIsRefused() {
    Path file = folder.resolve("model.gguf");
    var tensor = StoredTensor.of("a", Shape.of(1), new float[1]);
    var deep = StoredTensor.of("deep", Shape.of(1, 1, 1, 1, 1), new float[1]);

    assertThatThrownBy(() -> GgufWriter.write(file, Map.of(), List.of(tensor, tensor)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received a F32 [1]");
    assertThatThrownBy(() -> GgufWriter.write(file, Map.of(), List.of(deep)))
        .hasMessageContaining("at most 4 dimensions");
    assertThatThrownBy(
            () -> GgufWriter.write(file, Map.of("general.alignment", GgufValue.u32(64)), List.of()))
        .hasMessageContaining("usual 32: received 64");
    assertThatThrownBy(() -> GgufValue.u32(-1)).hasMessageContaining("an integer of U32");
    assertThat(file).doesNotExist();
    assertThatThrownBy(() ->
            SafetensorsWriter.write(
                folder.resolve("x.safetensors"),
                List.of(GgufReaderTest.GOLDEN.tensor("Q8_0"), tensor),
                Map.of()))
        .hasMessageContaining("no quantised tensors");
  }
}
