package dev.heed.model.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.generation.KnownText;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.model.Recomputed;
import dev.heed.nn.Initializer;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LlamaTest {
  private static final String NAMES = "dev.heed.model.llama.LlamaGolden#names";

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(NAMES)
  void logitsAndInnerValuesAreThoseOfTransformers(String name) {
    LlamaGolden golden = new LlamaGolden(name);
    Llama model = golden.load();
    int[] ids = golden.ids("input_ids");
    Trace.Traced<Tensor> traced =
        Trace.of(() -> model.apply(tensor(ids), Sequences.ofLengths(ids.length)));
    int layers = model.configuration().layers().size();
    assertThat(traced.values()).hasSize(2 * layers + 1);
    traced.values().forEach(golden::requireClose);
    golden.requireClose("logits", model.logits(traced.result()));
  }

  @ParameterizedTest
  @MethodSource(NAMES)
  void lossAndGradientsOfAllParametersAreThoseOfTransformers(String name) {
    LlamaGolden golden = new LlamaGolden(name);
    Llama model = golden.load();
    model.setFrozen(false);
    int[] ids = golden.ids("input_ids");
    int targets = ids.length - 1;
    int[] next = Arrays.copyOf(Arrays.copyOfRange(ids, 1, ids.length), ids.length);
    next[targets] = -1; // nothing comes after the last token
    Supplier<Tensor> computed =
        () -> model.loss(tensor(ids), Sequences.ofLengths(ids.length), tensor(next));
    Recomputed.requireSameGradients(model, computed);
    Tensor loss = computed.get();
    loss.backward();
    assertThat(loss.item() / targets).isCloseTo(golden.numbers("loss")[0], within(1e-5));

    // Gradients have the shapes of their parameters, so they are named as weights are.
    Llama gradients = new Llama(model.configuration(), Initializer.seeded(0));
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((key, parameter) ->
            Objects.requireNonNull(to.get(key))
                .copyFrom(Objects.requireNonNull(parameter.gradient(), key)));
    for (StoredTensor stored : LlamaWeights.names(model.configuration()).stored(gradients)) {
      double[] mean = Arrays.stream(stored.toDoubles()).map(sum -> sum / targets).toArray();
      golden.requireClose("gradient." + stored.name(), mean);
    }
  }

  @ParameterizedTest
  @MethodSource(NAMES)
  void cachedDecodingGivesTheLogitsOfTheWholeTextAndTheGreedyTokensOfTransformers(String name) {
    LlamaGolden golden = new LlamaGolden(name);
    Llama model = golden.load();
    int[] ids = golden.ids("input_ids");
    double[] logits = golden.numbers("logits");
    KnownText known = new KnownText(model);
    for (int length : new int[] {1, 2, 9, 10, 8, 21}) {
      float[] received = known.nextLogits(ids, length);
      for (int i = 0; i < received.length; i++) {
        assertThat((double) received[i])
            .isCloseTo(logits[(length - 1) * received.length + i], within(1e-3));
      }
    }
    int[] expected = golden.ids("greedy");
    var generator = new TextGenerator(model, Sampling.greedy());
    int[] greedy = generator.generate(Arrays.copyOf(ids, 7), expected.length, id -> true).ids();
    // Where the model ends its text, transformers was told to go on.
    assertThat(greedy).isEqualTo(Arrays.copyOf(expected, greedy.length));
    assertThat(greedy.length == expected.length || expected[greedy.length] == model.endOfText())
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource(NAMES)
  void aSavedModelHasTheSameTensorsAndTheSameConfiguration(String name) {
    LlamaGolden golden = new LlamaGolden(name);
    Llama model = golden.load();
    model.save(folder);
    Llama again = Llama.load(folder, model.configuration().family());
    LlamaConfiguration expected = model.configuration();
    assertThat(again.configuration().attentionScale())
        .isCloseTo(expected.attentionScale(), within(1e-12));
    assertThat(again.configuration())
        .usingRecursiveComparison()
        .ignoringFields("attentionScale")
        .isEqualTo(expected);
    Checkpoint before = Checkpoint.open(golden.directory());
    Checkpoint after = Checkpoint.open(folder);
    assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
    before
        .names()
        .forEach(key -> assertThat(after.tensor(key).sameAs(before.tensor(key))).as(key).isTrue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-llama3", "gemma3"})
  void noTokenSeesTheOnesAfterIt(String name) {
    LlamaGolden golden = new LlamaGolden(name);
    Llama model = golden.load();
    int[] ids = golden.ids("input_ids");
    float[] before = logits(model, ids);
    for (int changed = 1; changed < ids.length; changed++) {
      int[] other = ids.clone();
      other[changed] = (other[changed] + 1) % model.vocabulary();
      int unseen = changed * model.vocabulary();
      assertThat(Arrays.copyOf(logits(model, other), unseen))
          .isEqualTo(Arrays.copyOf(before, unseen));
    }
  }

  @Test
  void severalTextsGoOnTogetherAsEachAlone() {
    LlamaGolden golden = new LlamaGolden("gemma3");
    Llama model = golden.load();
    int[] ids = golden.ids("input_ids");
    List<KeyValueCache> caches = List.of(model.newCache(), model.newCache());
    Tensor.noGrad(() -> model.apply(tensor(ids), Sequences.ofLengths(9, 12), caches));
    Tensor together =
        Tensor.noGrad(
            () -> model.apply(tensor(new int[] {5, 6, 7}), Sequences.ofLengths(1, 2), caches));
    int[] first = Arrays.copyOf(ids, 10);
    first[9] = 5;
    int[] second = Arrays.copyOf(Arrays.copyOfRange(ids, 9, 21), 14);
    second[12] = 6;
    second[13] = 7;
    requireLast(model, first, together.rows(0, 1));
    requireLast(model, second, together.rows(2, 3));
    assertThat(caches).extracting(KeyValueCache::length).containsExactly(10, 14);
  }

  private static void requireLast(Llama model, int[] ids, Tensor received) {
    Tensor alone = Tensor.noGrad(() -> model.apply(tensor(ids), Sequences.ofLengths(ids.length)));
    assertThat(received.toFloatArray())
        .containsExactly(alone.rows(ids.length - 1, ids.length).toFloatArray(), within(1e-4f));
  }

  @Test
  void rotarySettingsHaveTwoSpellings() {
    // What transformers 4 wrote, for the same models.
    LlamaConfiguration llama3 = new LlamaGolden("llama-llama3").load().configuration();
    Map<String, Object> scaling = new LinkedHashMap<>();
    scaling.put("rope_type", "llama3");
    scaling.put("factor", 4.0);
    scaling.put("low_freq_factor", 1.0);
    scaling.put("high_freq_factor", 4.0);
    scaling.put("original_max_position_embeddings", 32L);
    LlamaConfiguration older =
        changed("llama-llama3", Map.of("rope_theta", 100.0, "rope_scaling", scaling));
    assertThat(older).isEqualTo(llama3);

    LlamaConfiguration linear = new LlamaGolden("llama-linear").load().configuration();
    LlamaConfiguration oldest =
        changed(
            "llama-linear",
            Map.of("rope_theta", 10000.0, "rope_scaling", Map.of("type", "linear", "factor", 3.0)));
    assertThat(oldest).isEqualTo(linear);

    LlamaConfiguration gemma = new LlamaGolden("gemma3").load().configuration();
    LlamaConfiguration local =
        changed(
            "gemma3",
            Map.of(
                "rope_theta",
                1e6,
                "rope_local_base_freq",
                1e4,
                "rope_scaling",
                Map.of("rope_type", "linear", "factor", 2L)));
    assertThat(local).isEqualTo(gemma);
    assertThatThrownBy(
            () -> changed("qwen3", Map.of("rope_scaling", Map.of("rope_type", "longrope"))))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "config.json: rope_type must be one of [default, linear, llama3, yarn]: received"
                + " longrope");
  }

  @Test
  void aStoredOutputThatDiffersWinsOverAConfigurationThatSaysTied() throws IOException {
    LlamaGolden golden = new LlamaGolden("llama-linear");
    Path copy = folder.resolve("tied");
    Files.createDirectories(copy);
    Path weights = copy.resolve("model.safetensors");
    Files.copy(golden.directory().resolve("model.safetensors"), weights);
    Files.writeString(
        copy.resolve("config.json"),
        Files.readString(golden.directory().resolve("config.json"))
            .replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
    int[] ids = {3, 1, 4, 1, 5};
    assertThat(logits(Llama.load(copy, golden.load().configuration().family()), ids))
        .isEqualTo(logits(golden.load(), ids));
  }

  @Test
  void aSlidingWindowMayBeGivenAndSwitchedOff() {
    LlamaConfiguration off = changed("qwen2", Map.of("use_sliding_window", false));
    assertThat(off.layers()).containsOnly(LlamaConfiguration.Sight.FULL);
    assertThat(new LlamaGolden("qwen2").load().configuration().layers())
        .containsExactly(LlamaConfiguration.Sight.FULL, LlamaConfiguration.Sight.SLIDING);
  }

  /// The configuration of a golden with other settings and without `rope_parameters`.
  private static LlamaConfiguration changed(String name, Map<String, Object> settings) {
    LlamaGolden golden = new LlamaGolden(name);
    ConfigFile file = ConfigFile.read(golden.directory().resolve("config.json"));
    Map<String, @org.jspecify.annotations.Nullable Object> values =
        new LinkedHashMap<>(file.values());
    values.remove("rope_parameters");
    values.putAll(settings);
    return LlamaConfigFile.read(
        new ConfigFile(file.name(), values), golden.load().configuration().family());
  }

  private static Tensor tensor(int[] ids) {
    return Tensor.of(ids, ids.length);
  }

  private static float[] logits(Llama model, int[] ids) {
    return Tensor.noGrad(
            () -> model.logits(model.apply(tensor(ids), Sequences.ofLengths(ids.length))))
        .toFloatArray();
  }
}
