package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.tensor.Shape;
import dev.heed.weights.GgufValue.Type;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/// Files that people download, against the sums of all elements' magnitudes by type that the `gguf`
/// package gives. `tools/fetch-models.sh` fetches the files.
class RealGgufTest {
  @Test
  void smolLm2IsReadWhole() {
    GgufFile file = open("SmolLM2-135M-Instruct.Q4_1.gguf");

    assertThat(file.text("general.architecture")).isEqualTo("llama");
    assertThat(file.integer("llama.block_count")).isEqualTo(30);
    assertThat(file.real("llama.rope.freq_base")).isEqualTo(100000);
    assertThat(file.array("tokenizer.ggml.merges", Type.TEXT).texts())
        .hasSize(48900)
        .startsWith("Ġ t", "Ġ a");
    assertThat(file.text("tokenizer.chat_template")).startsWith("{% for message in messages %}");
    assertThat(file.names()).hasSize(272);
    StoredTensor down = file.tensor("blk.0.ffn_down.weight");
    assertThat(down.shape()).isEqualTo(Shape.of(576, 1536));
    float[] part = new float[3];
    down.copyTo(0, MemorySegment.ofArray(part));
    assertThat(part)
        .containsExactly(new float[] {-0.33081055f, 0.34606934f, 0.07531738f}, within(5e-9f));
    assertThat(magnitudes(file))
        .hasEntrySatisfying(StoredType.Q4_1, sum -> isNear(sum, 15806165.149253845))
        .hasEntrySatisfying(StoredType.Q8_0, sum -> isNear(sum, 2802153.619805813))
        .hasEntrySatisfying(StoredType.F32, sum -> isNear(sum, 10307.031931459904))
        .hasSize(3);
  }

  @Test
  void gemma3IsReadWhole() {
    GgufFile file = open("gemma-3-270m-q4_k_m.gguf");

    assertThat(file.text("general.architecture")).isEqualTo("gemma3");
    assertThat(file.array("tokenizer.ggml.tokens", Type.TEXT).texts())
        .hasSize(262144)
        .startsWith("<pad>", "<eos>", "<bos>");
    assertThat(file.array("tokenizer.ggml.scores", Type.F32).length()).isEqualTo(262144);
    assertThat(magnitudes(file))
        .hasEntrySatisfying(StoredType.Q4_K, sum -> isNear(sum, 406074.9499871731))
        .hasEntrySatisfying(StoredType.Q5_0, sum -> isNear(sum, 1846646.5670509338))
        .hasEntrySatisfying(StoredType.Q6_K, sum -> isNear(sum, 142385.11767870188))
        .hasEntrySatisfying(StoredType.Q8_0, sum -> isNear(sum, 5089488.2396172285))
        .hasEntrySatisfying(StoredType.F32, sum -> isNear(sum, 2159941.5181980133))
        .hasSize(5);
  }

  private static GgufFile open(String name) {
    String folder =
        Objects.requireNonNullElse(
            System.getenv("HEED_TEST_MODELS"),
            System.getProperty("user.home") + "/.cache/heed-test-models");
    Path file = Path.of(folder, name);
    assumeTrue(Files.exists(file), () -> "skipped: no " + file + "; see tools/fetch-models.sh");
    return GgufReader.open(file);
  }

  private static Map<StoredType, Double> magnitudes(GgufFile file) {
    Map<StoredType, Double> sums = new EnumMap<>(StoredType.class);
    for (String name : file.names()) {
      StoredTensor tensor = file.tensor(name);
      float[] row = new float[tensor.shape().width()];
      double sum = 0;
      for (long first = 0; first < tensor.shape().elements(); first += row.length) {
        tensor.copyTo(first, MemorySegment.ofArray(row));
        for (float element : row) {
          sum += Math.abs(element);
        }
      }
      sums.merge(tensor.type(), sum, Double::sum);
    }
    return sums;
  }

  private static void isNear(double sum, double expected) {
    assertThat(sum).isCloseTo(expected, Percentage.withPercentage(1e-7));
  }
}
