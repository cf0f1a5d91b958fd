package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.data.WordNet;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.nn.Layer;
import dev.heed.tensor.Precision;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MiniLmTest {
  private static final Path DIRECTORY = MiniLm.directory(SentenceGoldens.HOME);
  private static final SentenceEmbedder MINILM = SentenceEmbedder.load(DIRECTORY);

  @Test
  void theSimilaritiesOfTheQuickStartAreThoseOfSentenceTransformers() {
    List<String> texts =
        List.of(
            "The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.");
    float[][] similarities = MINILM.similarities(texts);
    assertThat(similarities[0][1]).isCloseTo(0.6660f, within(5e-5f));
    assertThat(similarities[0][2]).isCloseTo(0.1046f, within(5e-5f));
    assertThat(similarities[1][2]).isCloseTo(0.1411f, within(5e-5f));
    assertThat(MINILM.similarity(texts.get(0), texts.get(1))).isEqualTo(similarities[0][1]);
  }

  @Test
  void embeddingsAreThoseOfTheOriginalModelUpTo256Tokens() {
    Checkpoint values = Checkpoint.open(SentenceGoldens.resource("minilm-values.safetensors"));
    List<String> texts = SentenceGoldens.texts("minilm");
    Embeddings embeddings = MINILM.embed(texts);
    for (int i = 0; i < texts.size(); i++) {
      long[] ids = values.tensor("ids." + i).toLongs();
      assertThat(Arrays.stream(MINILM.tokenizer().encode(texts.get(i)).ids()).asLongStream())
          .as(texts.get(i))
          .containsExactly(Arrays.stream(ids).boxed().toArray(Long[]::new));
      SentenceGoldens.requireClose(values, "text." + i, embeddings.vector(i));
      SentenceGoldens.requireClose(values, "text." + i, MINILM.embed(texts.get(i)));
    }
    assertThat(embeddings.cut()).isOne();
    assertThat(MINILM.maximumLength()).isEqualTo(256);
  }

  @Test
  void embeddingsInEightBitsPointTheSameWayAndRankAlike() {
    SentenceEmbedder rounded = Precision.INT8.compute(() -> SentenceEmbedder.load(DIRECTORY));
    List<String> texts = some().toList();
    Embeddings exact = MINILM.embed(texts);
    Embeddings near = rounded.embed(texts);
    double[] exactCosines = new double[texts.size()];
    double[] nearCosines = new double[texts.size()];
    for (int i = 0; i < texts.size(); i++) {
      assertThat(cosine(exact.vector(i), near.vector(i)))
          .as(texts.get(i))
          .isBetween(0.995, 0.99999);
      int other = (i + 1) % texts.size();
      exactCosines[i] = cosine(exact.vector(i), exact.vector(other));
      nearCosines[i] = cosine(near.vector(i), near.vector(other));
    }
    double spearman =
        EmbeddingFigures.pearson(
            EmbeddingFigures.ranks(exactCosines), EmbeddingFigures.ranks(nearCosines));
    assertThat(spearman).isGreaterThan(0.995);
  }

  @Test
  void whatWasOpenedInEightBitsCannotBeThawed() {
    Layer encoder = (Layer) Precision.INT8.compute(() -> ModelDirectory.openEncoder(DIRECTORY));
    assertThatIllegalStateException()
        .isThrownBy(() -> encoder.setFrozen(false))
        .withMessageContaining("only floating types have gradients");
  }

  /// Sentences of WordNet.
  private static Stream<String> some() {
    List<String> all = WordNet.sentences();
    return IntStream.range(0, 400).mapToObj(i -> all.get(i * 311));
  }

  private static double cosine(float[] a, float[] b) {
    double cosine = 0;
    for (int i = 0; i < a.length; i++) {
      cosine += (double) a[i] * b[i];
    }
    return cosine;
  }

  /// Where the processor has no products of bfloat16 they are the same.
  @Test
  void embeddingsInBfloatPointTheSameWay() {
    List<String> texts = Stream.concat(SentenceGoldens.texts("minilm").stream(), some()).toList();
    Embeddings exact = MINILM.embed(texts);
    Embeddings rounded = Precision.BF16.compute(() -> MINILM.embed(texts));
    for (int i = 0; i < texts.size(); i++) {
      double cosine = cosine(exact.vector(i), rounded.vector(i)); // both have the length 1
      assertThat(cosine).as(texts.get(i)).isCloseTo(1, within(1e-3));
    }
  }

  @Test
  void theDirectoryIsUnpackedOnceAndIsOneOfSentenceTransformers() throws IOException {
    var made = Files.getLastModifiedTime(DIRECTORY.resolve("model.safetensors"));
    assertThat(MiniLm.directory(SentenceGoldens.HOME)).isEqualTo(DIRECTORY);
    assertThat(Files.getLastModifiedTime(DIRECTORY.resolve("model.safetensors"))).isEqualTo(made);
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "model.safetensors",
              "config.json",
              "modules.json",
              "1_Pooling",
              "sentence_bert_config.json",
              "tokenizer.json",
              "tokenizer_config.json");
    }
    assertThat(ConfigFile.read(DIRECTORY.resolve("1_Pooling/config.json")).values())
        .containsEntry("pooling_mode_mean_tokens", true)
        .containsEntry("pooling_mode_cls_token", false);
    try (Stream<Path> files = Files.list(DIRECTORY.getParent())) {
      assertThat(files).as("nothing half-done is left").containsExactly(DIRECTORY);
    }
  }
}
