package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.generation.Sampling;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Real models as GGUF files (`tools/fetch-models.sh`), against what `transformers` computes in
/// fp32 from the same dequantised weights (`tools/goldens/real_gguf.py`). Skipped where a file is
/// absent.
class RealModelTest {
  private static final int PROMPTS = Boolean.getBoolean("heed.full") ? 50 : 2;

  @ParameterizedTest
  @CsvSource({"smollm2, SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3, gemma-3-270m-q4_k_m.gguf"})
  void exactWeightsGiveTheLikelihoodAndTheGreedyTokensOfTransformers(String name, String file)
      throws IOException, URISyntaxException {
    Checkpoint golden = golden(name);
    LanguageModel model = LanguageModel.loadExact(file(file));
    String text = text();
    assertThat(model.tokenizer().encode(text, false).ids()).isEqualTo(ids(golden, "text_ids"));
    if (Boolean.getBoolean("heed.full")) {
      requireNll(golden, Perplexity.of(model, text, 512, 0), 0.0005);
    }
    for (int i = 0; i < PROMPTS; i++) {
      int[] expected = ids(golden, i + ".new");
      float[] margins = golden.tensor(i + ".margin").toFloats();
      int[] received =
          model.stream(
                  ids(golden, i + ".prompt"),
                  LanguageModel.Request.of(expected.length, Sampling.greedy()),
                  piece -> {})
              .generated()
              .ids();
      int differs = Arrays.mismatch(received, expected);
      // transformers was told to go on where the text ends.
      boolean ended =
          differs == received.length
              && differs >= 0
              && model.generation().rules().endTokens().contains(expected[differs]);
      assertThat(differs < 0 || ended || margins[differs] < 1e-3)
          .as("prompt %d at token %d", i, differs)
          .isTrue();
    }
  }

  /// Windows of 512 go by way of the forms for many rows, single tokens by those for one.
  @ParameterizedTest
  @CsvSource({"smollm2, SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3, gemma-3-270m-q4_k_m.gguf"})
  void quantisedWeightsGiveNearlyTheSameLikelihood(String name, String file)
      throws IOException, URISyntaxException {
    LanguageModel model = LanguageModel.load(file(file));
    requireNll(golden(name), Perplexity.of(model, text(), 512, 0), 0.01);
  }

  @Test
  void theTemplateInsideTheFileIsUsed() throws IOException {
    LanguageModel model = LanguageModel.load(file("SmolLM2-135M-Instruct.Q4_1.gguf"));
    Conversation conversation = model.conversation();
    assertThat(conversation.prompt("Hi"))
        .isEqualTo(
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging"
                + " Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  }

  private static void requireNll(Checkpoint golden, Perplexity received, double share) {
    double expected = golden.tensor("nll").toDoubles()[0];
    assertThat(received.tokens()).isEqualTo(golden.tensor("scored").toLongs()[0]);
    assertThat(received.nll()).isCloseTo(expected, within(share * expected));
  }

  private static int[] ids(Checkpoint golden, String name) {
    return Arrays.stream(golden.tensor(name).toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  private static String text() throws IOException {
    return Files.readString(Path.of(System.getProperty("heed.root"), "LICENSE")).substring(0, 6000);
  }

  private static Checkpoint golden(String name) throws URISyntaxException {
    URL url = RealModelTest.class.getResource("/goldens/real-" + name + ".safetensors");
    assumeTrue(url != null, "no golden for " + name);
    return Checkpoint.open(Path.of(url.toURI()));
  }

  private static Path file(String name) {
    String folder = System.getenv("HEED_TEST_MODELS");
    Path file =
        folder == null
            ? Path.of(System.getProperty("user.home"), ".cache", "heed-test-models", name)
            : Path.of(folder, name);
    assumeTrue(Files.exists(file), "tools/fetch-models.sh fetches " + file);
    return file;
  }
}
