package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ModelException;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RerankerTest {
  private static final Path DIRECTORY = SentenceGoldens.resource("cross-encoder");
  private static final Checkpoint VALUES =
      Checkpoint.open(SentenceGoldens.resource("cross-encoder-values.safetensors"));
  private static final List<String> TEXTS = SentenceGoldens.texts("sentence");
  private static final String QUERY = SentenceGoldens.texts("query").getFirst();

  @TempDir Path folder;

  @BeforeEach
  void copy() throws IOException {
    for (String name :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(DIRECTORY.resolve(name), folder.resolve(name));
    }
  }

  @Test
  void scoresAndOrderAreThoseOfSentenceTransformers() {
    Reranker reranker = Reranker.load(DIRECTORY);
    SentenceGoldens.requireClose(VALUES, "identity", reranker.scores(QUERY, TEXTS));
    assertThat(reranker.rank(QUERY, TEXTS))
        .extracting(Reranker.Ranked::index)
        .containsExactlyElementsOf(
            Arrays.stream(VALUES.tensor("ranked").toLongs()).mapToObj(Math::toIntExact).toList());
  }

  @Test
  void withoutAnActivationItIsTheSigmoid() {
    SentenceGoldens.requireClose(VALUES, "sigmoid", Reranker.load(folder).scores(QUERY, TEXTS));
  }

  @Test
  void olderFilesHaveTheActivationInTheirConfiguration() throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(
        config,
        text.replaceFirst(
            "\\{",
            "{\"sbert_ce_default_activation_function\": \"torch.nn.modules.linear.Identity\","));
    SentenceGoldens.requireClose(VALUES, "identity", Reranker.load(folder).scores(QUERY, TEXTS));
    Files.writeString(
        config,
        text.replaceFirst(
            "\\{", "{\"sentence_transformers\": {\"activation_fn\": \"torch.nn.ReLU\"},"));
    assertThatThrownBy(() -> Reranker.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Sigmoid or Identity")
        .hasMessageContaining("ReLU");
  }

  @Test
  void aModelWithSeveralLabelsIsNoCrossEncoder() {
    assertThatThrownBy(() -> Reranker.load(SentenceGoldens.resource("sentence")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("SequenceClassifier")
        .hasMessageContaining("BertModel");
  }
}
