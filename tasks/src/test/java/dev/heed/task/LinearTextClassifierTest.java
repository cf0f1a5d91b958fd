package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LabelledTexts.Example;
import dev.heed.model.ConfigFile;
import dev.heed.task.BagOfWords.SparseVector;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The expected values are scikit-learn's, from `tools/goldens/linear_models.py`.
class LinearTextClassifierTest {
  private static final ConfigFile GOLDEN = golden();

  private static ConfigFile golden() {
    String name = "/goldens/linear-models.json";
    try (InputStream in = LinearTextClassifierTest.class.getResourceAsStream(name)) {
      return ConfigFile.parse(name, Objects.requireNonNull(in, name).readAllBytes());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T value(Map<String, Object> golden, String key) {
    return (T) Objects.requireNonNull(golden.get(key), key);
  }

  @SuppressWarnings("unchecked")
  private static void check(String part, BagOfWords.Settings settings, int classes) {
    Map<String, Object> golden = (Map<String, Object>) GOLDEN.value(part).orElseThrow();
    List<String> texts = GOLDEN.strings("texts");
    BagOfWords words = new BagOfWords(texts, settings);
    Map<String, Long> places = value(golden, "features");
    assertThat(words.features().keySet()).isEqualTo(places.keySet());
    // Ours stand in another order.
    Map<Integer, Integer> theirs = new TreeMap<>();
    words
        .features()
        .forEach((word, place) -> theirs.put(place, places.getOrDefault(word, -1L).intValue()));
    List<List<Number>> vectors = value(golden, "vectors");
    List<SparseVector> ours = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      SparseVector vector = words.vector(texts.get(i));
      double[] full = new double[words.size()];
      for (int j = 0; j < vector.indices().length; j++) {
        full[theirs.getOrDefault(vector.indices()[j], -1)] = vector.values()[j];
      }
      assertThat(full).containsExactly(doubles(vectors.get(i)), within(1e-6));
      ours.add(vector);
    }
    List<Number> targets = value(golden, "targets");
    LogisticRegression model =
        LogisticRegression.train(
            ours,
            targets.stream().mapToInt(Number::intValue).toArray(),
            words.size(),
            classes,
            LinearTextClassifierTest.<Number>value(golden, "strength").doubleValue());
    List<List<Number>> weights = value(golden, "weights");
    double[] biases = doubles(value(golden, "biases"));
    for (int output = 0; output < weights.size(); output++) {
      double[] expected = doubles(weights.get(output));
      for (int f = 0; f < words.size(); f++) {
        assertThat(model.weight(output, f))
            .isCloseTo(expected[theirs.getOrDefault(f, -1)], within(2e-5));
      }
      // Biases of all classes may move together.
      assertThat(model.bias(output) - model.bias(0))
          .isCloseTo(biases[output] - biases[0], within(2e-5));
    }
    List<List<Number>> probabilities = value(golden, "probabilities");
    for (int i = 0; i < ours.size(); i++) {
      float[] p = model.probabilities(ours.get(i));
      for (int c = 0; c < classes; c++) {
        assertThat((double) p[c])
            .isCloseTo(probabilities.get(i).get(c).doubleValue(), within(1e-5));
      }
    }
  }

  private static double[] doubles(List<Number> numbers) {
    return numbers.stream().mapToDouble(Number::doubleValue).toArray();
  }

  @Test
  void wordsThatAreThereOrNotAreScikitLearns() {
    check("words", new BagOfWords.Settings(1, false, 1, 1000), 3);
  }

  @Test
  void pairsOfWordsByTfIdfAreScikitLearns() {
    check("pairs", new BagOfWords.Settings(2, true, 2, 1000), 2);
  }

  @Test
  void theMostFrequentFeaturesAreKept() {
    BagOfWords words =
        new BagOfWords(
            List.of("aa bb cc", "aa bb", "aa dd"), new BagOfWords.Settings(1, true, 1, 2));
    assertThat(words.features()).containsExactly(Map.entry("aa", 0), Map.entry("bb", 1));
    assertThat(words.vector("unknown words").indices()).isEmpty();
  }

  @Test
  void itLearnsWhichWordsMatter() {
    List<Example> examples = new ArrayList<>();
    for (String thing : List.of("film", "story", "song")) {
      examples.add(new Example("a fine " + thing, null, List.of("pos"), thing));
      examples.add(new Example("a dull " + thing, null, List.of("neg"), thing));
    }
    LabelledTexts texts = new LabelledTexts(examples, false, List.of());
    LinearTextClassifier classifier = LinearTextClassifier.train(texts, 1, true, 10);
    assertThat(classifier.evaluate(texts).accuracy()).isEqualTo(1);
    assertThat(classifier.classify("what a fine thing").label()).isEqualTo("pos");
    assertThat(classifier.classify("").confidence()).isBetween(0.45f, 0.55f);
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            LinearTextClassifier.train(new LabelledTexts(examples, true, List.of()), 1, true, 10));
  }

  @Test
  void itEndsAfterAnyStepAndTellsTheLoss() {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String label = List.of("a", "b", "c").get(i % 3);
      String text = "word" + i % 7 + " of " + label + i % 5;
      examples.add(new Example(text, null, List.of(label), text));
    }
    LabelledTexts texts = new LabelledTexts(examples, false, List.of());
    List<Double> all = new ArrayList<>();
    LinearTextClassifier.train(texts, 2, true, 10, all::add);
    assertThat(all).hasSizeGreaterThan(4).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(all.getFirst()).isLessThan(Math.log(3));
    List<Double> some = new ArrayList<>();
    LinearTextClassifier.train(
        texts,
        2,
        true,
        10,
        loss -> {
          some.add(loss);
          return some.size() < 3;
        });
    assertThat(some).isEqualTo(all.subList(0, 3));
  }
}
