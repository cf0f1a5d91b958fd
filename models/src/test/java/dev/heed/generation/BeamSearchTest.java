package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ConfigFile;
import dev.heed.model.Golden;
import dev.heed.model.ModelDirectory;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Golden;
import dev.heed.tensor.Sequences;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against what `generate` of transformers gave under the settings of
/// `tools/goldens/sequence_to_sequence.py`.
class BeamSearchTest {
  @ParameterizedTest
  @ValueSource(strings = {"marian", "marian-separate", "bart", "pegasus", "t5", "t5-gated"})
  void beamsAndScoresAreThoseOfTransformers(String name) {
    Golden golden = new Golden(name);
    SequenceToSequenceModel model =
        ModelDirectory.open(golden.directory(), SequenceToSequenceModel.class);
    List<int[]> sources = sources(golden);
    List<ConfigFile> goldens =
        ConfigFile.readList(golden.directory().resolveSibling(name + "-generated.json"));
    assertThat(goldens).hasSizeGreaterThan(7);
    for (ConfigFile expected : goldens) {
      Map<?, ?> asked = map(expected.values().get("settings"));
      GenerationConfig config = config(golden.directory(), asked, model.endToken());
      TargetGenerator generator = new TargetGenerator(model, config.beams(), config.rules());
      // All sources together, which must not change any.
      List<List<BeamSearch.Found>> found = generator.generate(sources, config.maximumLength() - 1);
      List<?> texts = list(expected.values().get("texts"));
      for (int i = 0; i < sources.size(); i++) {
        requireSame(asked + ", source " + i, found.get(i), (List<?>) texts.get(i), model);
      }
    }
  }

  @Test
  void aLanguageModelsBeamsAreThoseOfTransformersToo() {
    Gpt2 model = Gpt2.load(Gpt2Golden.directory());
    List<ConfigFile> goldens =
        ConfigFile.readList(Gpt2Golden.directory().resolveSibling("gpt2-generated.json"));
    assertThat(goldens).hasSize(3);
    for (ConfigFile expected : goldens) {
      Map<?, ?> asked = map(expected.values().get("settings"));
      GenerationConfig config = config(Gpt2Golden.directory(), asked, model.endOfText());
      List<?> prompts = list(expected.values().get("prompts"));
      for (int i = 0; i < prompts.size(); i++) {
        int[] prompt =
            list(prompts.get(i)).stream().mapToInt(id -> ((Long) id).intValue()).toArray();
        List<BeamSearch.Found> found =
            new CausalBeams(model)
                .generate(
                    prompt,
                    (int) (long) (Long) Objects.requireNonNull(asked.get("max_new_tokens")),
                    config.beams(),
                    config.rules());
        List<?> texts = list(list(expected.values().get("texts")).get(i));
        for (int k = 0; k < texts.size(); k++) {
          Map<?, ?> text = (Map<?, ?>) texts.get(k);
          List<Long> ids =
              new ArrayList<>(list(text.get("ids")).stream().map(Long.class::cast).toList());
          int end = ids.indexOf((long) model.endOfText());
          assertThat(Arrays.stream(found.get(k).ids()).asLongStream().boxed().toList())
              .as(asked + ", prompt " + i)
              .isEqualTo(end < 0 ? ids : ids.subList(0, end));
          assertThat(found.get(k).score())
              .isCloseTo((Double) Objects.requireNonNull(text.get("score")), within(1e-4));
        }
      }
    }
  }

  @Test
  void theMostProbableTextIsNotAlwaysTheOneOfTheMostProbableTokens() {
    // 1 → 2 is likelier than 1 → 3, but what follows 3 is certain.
    BigramModel model =
        new BigramModel(
            new double[][] {
              {1, 0, 0, 0}, {0, 0, 0.6, 0.4}, {0.3, 0.3, 0.2, 0.2}, {1, 0, 0, 0},
            },
            8);
    GenerationRules rules = GenerationRules.endingWith(Set.of(0));
    BeamSearch.Found best =
        new CausalBeams(model).generate(new int[] {1}, 5, BeamSettings.of(2), rules).getFirst();
    assertThat(best.ids()).containsExactly(3);
    assertThat(best.ended()).isTrue();
    assertThat(best.logProbability()).isCloseTo(Math.log(0.4), within(1e-5));
    assertThat(best.score()).isCloseTo(Math.log(0.4) / 2, within(1e-5));
    int[] greedy =
        new CausalBeams(model)
            .generate(new int[] {1}, 2, BeamSettings.greedy(), rules)
            .getFirst()
            .ids();
    assertThat(greedy[0]).isEqualTo(2);
  }

  private static List<?> list(@Nullable Object value) {
    return (List<?>) Objects.requireNonNull(value);
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return (Map<?, ?>) Objects.requireNonNull(value);
  }

  private static void requireSame(
      String what, List<BeamSearch.Found> found, List<?> expected, SequenceToSequenceModel model) {
    assertThat(found.stream().map(text -> ids(text, model)).toList())
        .as(what)
        .isEqualTo(expected.stream().map(text -> ((Map<?, ?>) text).get("ids")).toList());
    for (int k = 0; k < found.size(); k++) {
      if (((Map<?, ?>) expected.get(k)).get("score") instanceof Double score) {
        assertThat(found.get(k).score()).as(what).isCloseTo(score, within(1e-4));
      }
    }
  }

  private static List<Long> ids(BeamSearch.Found text, SequenceToSequenceModel model) {
    List<Long> ids = new ArrayList<>(Arrays.stream(text.ids()).asLongStream().boxed().toList());
    if (text.ended()) {
      ids.add((long) model.endToken());
    }
    return ids;
  }

  private static List<int[]> sources(Golden golden) {
    int[] ids = golden.integers("input_ids");
    Sequences sequences = golden.sequences("source_lengths");
    List<int[]> sources = new ArrayList<>();
    for (int i = 0; i < sequences.count(); i++) {
      sources.add(Arrays.copyOfRange(ids, sequences.start(i), sequences.start(i + 1)));
    }
    return sources;
  }

  /// What the model's own file says, with these settings put over it.
  private static GenerationConfig config(Path directory, Map<?, ?> asked, int end) {
    Map<String, Object> values =
        new LinkedHashMap<>(ConfigFile.read(directory.resolve("generation_config.json")).values());
    asked.forEach((key, value) -> values.put((String) key, value));
    return GenerationConfig.of(new ConfigFile("settings", values), Set.of(end));
  }
}
