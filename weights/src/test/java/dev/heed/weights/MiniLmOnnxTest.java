package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// MiniLM as its Maven jar carries it: a BERT of 6 layers of width 384 that PyTorch exported.
class MiniLmOnnxTest {
  /// What numpy prints.
  private static final Offset<Float> DIGITS = within(5e-9f);

  @Test
  void everyTensorOfTheBertIsFoundUnderItsHuggingFaceNameAndShape(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("minilm.onnx");
    try (var model = getClass().getResourceAsStream("/all-minilm-l6-v2.onnx")) {
      Files.copy(Objects.requireNonNull(model), file);
    }

    Checkpoint checkpoint = Checkpoint.open(file);

    Map<String, Shape> expected = bert(6, 384, 1536, 30522, 512);
    assertThat(checkpoint.names()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    long elements = 0;
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      assertThat(tensor.shape()).as(name).isEqualTo(expected.get(name));
      elements += tensor.shape().elements();
    }
    assertThat(elements).isEqualTo(22_565_888);
    // Read with the onnx package and transposed.
    var query = checkpoint.tensor("encoder.layer.0.attention.self.query.weight");
    assertThat(part(query, 0))
        .containsExactly(new float[] {-0.14861962f, 0.04358038f, 0.08559578f}, DIGITS);
    assertThat(part(query, 384 * 384 - 3))
        .containsExactly(new float[] {-0.07274544f, 0.04102744f, -0.08523893f}, DIGITS);
    var down = checkpoint.tensor("encoder.layer.5.output.dense.weight");
    assertThat(part(down, 0))
        .containsExactly(new float[] {-0.05654635f, 0.00987982f, -0.01225871f}, DIGITS);
  }

  private static float[] part(StoredTensor tensor, int first) {
    float[] three = new float[3];
    tensor.copyTo(first, MemorySegment.ofArray(three));
    return three;
  }

  private static Map<String, Shape> bert(int layers, int d, int f, int v, int positions) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("embeddings.position_ids", Shape.of(1, positions));
    shapes.put("embeddings.word_embeddings.weight", Shape.of(v, d));
    shapes.put("embeddings.position_embeddings.weight", Shape.of(positions, d));
    shapes.put("embeddings.token_type_embeddings.weight", Shape.of(2, d));
    norm(shapes, "embeddings.LayerNorm", d);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "encoder.layer." + layer + ".";
      linear(shapes, prefix + "attention.self.query", d, d);
      linear(shapes, prefix + "attention.self.key", d, d);
      linear(shapes, prefix + "attention.self.value", d, d);
      linear(shapes, prefix + "attention.output.dense", d, d);
      norm(shapes, prefix + "attention.output.LayerNorm", d);
      linear(shapes, prefix + "intermediate.dense", d, f);
      linear(shapes, prefix + "output.dense", f, d);
      norm(shapes, prefix + "output.LayerNorm", d);
    }
    return shapes;
  }

  private static void linear(Map<String, Shape> shapes, String name, int in, int out) {
    shapes.put(name + ".weight", Shape.of(out, in));
    shapes.put(name + ".bias", Shape.of(out));
  }

  private static void norm(Map<String, Shape> shapes, String name, int width) {
    shapes.put(name + ".weight", Shape.of(width));
    shapes.put(name + ".bias", Shape.of(width));
  }
}
