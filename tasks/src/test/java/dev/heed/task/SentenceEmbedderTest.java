package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ModelException;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentenceEmbedderTest {
  private static final Path DIRECTORY = SentenceGoldens.resource("sentence");
  private static final Checkpoint VALUES =
      Checkpoint.open(SentenceGoldens.resource("sentence-values.safetensors"));
  private static final List<String> TEXTS = SentenceGoldens.texts("sentence");

  @TempDir Path folder;

  private final SentenceEmbedder embedder = SentenceEmbedder.load(DIRECTORY);

  @Test
  void poolingDenseLayerAndNormalisationAreThoseOfSentenceTransformers() {
    requireClose("full", embedder);
    assertThat(embedder.maximumLength()).isEqualTo(9);
    assertThat(embedder.embed(TEXTS).cut()).isOne();
  }

  @Test
  void aPromptStandsBeforeEachText() {
    requireClose("query", embedder.withPrompt("query"));
    assertThatThrownBy(() -> embedder.withPrompt("passage"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[document, query]")
        .hasMessageContaining("passage");
  }

  @ParameterizedTest
  @CsvSource({
    "cls, pooling_mode_cls_token",
    "max, pooling_mode_max_tokens",
    "mean, pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens, pooling_mode_mean_sqrt_len_tokens",
    "weightedmean, pooling_mode_weightedmean_tokens",
    "lasttoken, pooling_mode_lasttoken",
  })
  void everyPoolingHasItsNewAndItsOldName(String mode, String older) throws IOException {
    copy();
    modules("Transformer", "Pooling");
    pooling("{\"embedding_dimension\": 24, \"pooling_mode\": \"" + mode + "\"}");
    requireClose(mode, SentenceEmbedder.load(folder));
    pooling("{\"word_embedding_dimension\": 24, \"" + older + "\": true}");
    requireClose(mode, SentenceEmbedder.load(folder));
  }

  @Test
  void severalPoolingsStandSideBySide() throws IOException {
    copy();
    modules("Transformer", "Pooling");
    pooling("{\"pooling_mode\": [\"cls\", \"max\"]}");
    requireClose("cls+max", SentenceEmbedder.load(folder));
    pooling("{\"pooling_mode_max_tokens\": true, \"pooling_mode_cls_token\": true}");
    requireClose("cls+max", SentenceEmbedder.load(folder));
  }

  @Test
  void aPromptMayBeLeftOutOfThePooling() throws IOException {
    copy();
    modules("Transformer", "Pooling");
    pooling("{\"pooling_mode\": \"mean\", \"include_prompt\": false}");
    requireClose("without_prompt", SentenceEmbedder.load(folder).withPrompt("query"));
  }

  @Test
  void withoutModulesTheMeanIsTaken() throws IOException {
    copy();
    Files.delete(folder.resolve("modules.json"));
    requireClose("mean", SentenceEmbedder.load(folder));
  }

  @Test
  void olderFilesSayTheLengthAndLowerCase() throws IOException {
    copy();
    Files.writeString(
        folder.resolve("sentence_bert_config.json"),
        "{\"max_seq_length\": 4, \"do_lower_case\": true}");
    SentenceEmbedder lower = SentenceEmbedder.load(folder);
    assertThat(lower.maximumLength()).isEqualTo(4);
    assertThat(lower.embed("THE CAT sat on")).isEqualTo(lower.embed("the cat ran"));
  }

  @Test
  void whatHeedLacksIsNamed() throws IOException {
    copy();
    modules("Transformer", "WeightedLayerPooling");
    assertThatThrownBy(() -> SentenceEmbedder.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("modules.json")
        .hasMessageContaining("WeightedLayerPooling");
    modules("Transformer", "Pooling");
    pooling("{\"pooling_mode\": \"median\"}");
    assertThatThrownBy(() -> SentenceEmbedder.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("median");
    Files.writeString(
        folder.resolve("config_sentence_transformers.json"), "{\"similarity_fn_name\": \"taste\"}");
    pooling("{}");
    assertThatThrownBy(() -> SentenceEmbedder.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("[cosine, dot, euclidean, manhattan]")
        .hasMessageContaining("taste");
    assertThatThrownBy(() -> SentenceEmbedder.load(folder.resolve("none")))
        .hasCauseInstanceOf(NoSuchFileException.class);
  }

  @Test
  void everyMeasureOfLikenessIsItsFormula() {
    float[] a = {1, 2, -2};
    float[] b = {2, 0, 1};
    assertThat(Similarity.DOT.of(a, b)).isEqualTo(0);
    assertThat(Similarity.COSINE.of(a, a)).isCloseTo(1, within(1e-6f));
    assertThat(Similarity.EUCLIDEAN.of(a, b)).isCloseTo(-(float) Math.sqrt(14), within(1e-6f));
    assertThat(Similarity.MANHATTAN.of(a, b)).isEqualTo(-6);
  }

  @Test
  void textsTogetherGiveWhatEachGivesAloneInTheirOrder() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      many.add(TEXTS.get(i % TEXTS.size()) + " cat".repeat(i % 4));
    }
    List<Integer> heard = new ArrayList<>();
    Embeddings together = embedder.embed(many, heard::add);
    for (int i = 0; i < many.size(); i++) {
      assertThat(together.vector(i)).containsExactly(embedder.embed(many.get(i)), within(1e-5f));
    }
    assertThat(heard).isSorted().hasSizeGreaterThan(1).endsWith(700);
  }

  @Test
  void sixtyFourVirtualThreadsGetTheBitsOfOne() throws InterruptedException, ExecutionException {
    SentenceEmbedder minilm = SentenceEmbedder.load(MiniLm.directory(SentenceGoldens.HOME));
    List<List<String>> jobs = new ArrayList<>();
    List<String> texts = SentenceGoldens.texts("minilm");
    for (int i = 0; i < 64; i++) {
      List<String> rotated = new ArrayList<>(texts.subList(0, 6));
      Collections.rotate(rotated, i);
      jobs.add(rotated.subList(0, 1 + i % 3));
    }
    List<Embeddings> alone = jobs.stream().map(minilm::embed).toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Embeddings>> together =
          jobs.stream().map(job -> threads.submit(() -> minilm.embed(job))).toList();
      for (int i = 0; i < jobs.size(); i++) {
        for (int j = 0; j < jobs.get(i).size(); j++) {
          assertThat(together.get(i).get().vector(j)).isEqualTo(alone.get(i).vector(j));
        }
      }
    }
  }

  private void copy() throws IOException {
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(DIRECTORY.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private void modules(String... kinds) throws IOException {
    List<String> modules = new ArrayList<>();
    for (String kind : kinds) {
      String path = modules.isEmpty() ? "" : "1_Pooling";
      modules.add("{\"path\": \"%s\", \"type\": \"a.b.%s\"}".formatted(path, kind));
    }
    Files.writeString(folder.resolve("modules.json"), modules.toString());
  }

  private void pooling(String json) throws IOException {
    Files.writeString(folder.resolve("1_Pooling/config.json"), json);
  }

  private static void requireClose(String name, SentenceEmbedder embedder) {
    Embeddings embeddings = embedder.embed(TEXTS);
    for (int i = 0; i < TEXTS.size(); i++) {
      SentenceGoldens.requireClose(VALUES, name + "." + i, embeddings.vector(i));
    }
  }
}
