package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ConfigFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The expected values are scikit-learn's, from `tools/goldens/classification_figures.py`.
class ClassificationFiguresTest {
  private static final ConfigFile GOLDEN = golden();

  private static ConfigFile golden() {
    String name = "/goldens/classification-figures.json";
    try (InputStream in = ClassificationFiguresTest.class.getResourceAsStream(name)) {
      return ConfigFile.parse(name, Objects.requireNonNull(in, name).readAllBytes());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T> List<T> list(Map<String, Object> golden, String key) {
    return (List<T>) Objects.requireNonNull(golden.get(key), key);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> part(String key) {
    return (Map<String, Object>) GOLDEN.value(key).orElseThrow();
  }

  private static ClassificationFigures figures(Map<String, Object> golden, boolean multiLabel) {
    List<String> labels = GOLDEN.strings("labels");
    List<Prediction> predictions = new ArrayList<>();
    for (List<Number> row : ClassificationFiguresTest.<List<Number>>list(golden, "probabilities")) {
      float[] probabilities = new float[row.size()];
      for (int i = 0; i < probabilities.length; i++) {
        probabilities[i] = row.get(i).floatValue();
      }
      predictions.add(Prediction.of(labels, probabilities, multiLabel));
    }
    return ClassificationFigures.of(labels, multiLabel, predictions, list(golden, "truth"));
  }

  private static void check(ClassificationFigures figures, Map<String, Object> golden) {
    assertThat(figures.accuracy()).isCloseTo(number(golden, "accuracy"), within(1e-12));
    assertThat(figures.macroF1()).isCloseTo(number(golden, "macro_f1"), within(1e-12));
    assertThat(figures.microF1()).isCloseTo(number(golden, "micro_f1"), within(1e-12));
    for (int i = 0; i < figures.perLabel().size(); i++) {
      ClassificationFigures.LabelFigures label = figures.perLabel().get(i);
      assertThat(label.precision()).isCloseTo(number(golden, "precision", i), within(1e-12));
      assertThat(label.recall()).isCloseTo(number(golden, "recall", i), within(1e-12));
      assertThat(label.f1()).isCloseTo(number(golden, "f1", i), within(1e-12));
      assertThat(label.support()).isEqualTo((int) number(golden, "support", i));
    }
  }

  private static double number(Map<String, Object> golden, String key) {
    return ((Number) Objects.requireNonNull(golden.get(key), key)).doubleValue();
  }

  private static double number(Map<String, Object> golden, String key, int index) {
    return ClassificationFiguresTest.<Number>list(golden, key).get(index).doubleValue();
  }

  @Test
  void withOneLabelATextTheyAreScikitLearns() {
    Map<String, Object> golden = part("single");
    ClassificationFigures figures = figures(golden, false);
    check(figures, golden);
    List<List<Number>> confusion = list(golden, "confusion");
    for (int i = 0; i < confusion.size(); i++) {
      assertThat(figures.confusion()[i])
          .isEqualTo(confusion.get(i).stream().mapToInt(Number::intValue).toArray());
    }
    assertThat(figures.calibrationError())
        .isCloseTo(number(golden, "calibration_error"), within(1e-6));
  }

  @Test
  void withSeveralLabelsATextTheyAreScikitLearns() {
    Map<String, Object> golden = part("multi");
    ClassificationFigures figures = figures(golden, true);
    check(figures, golden);
    assertThat(figures.calibrationError()).isNaN();
    assertThat(figures.confusion()).isEmpty();
  }

  @Test
  void aModelThatIsSureAndRightIsCalibrated() {
    List<String> labels = List.of("a", "b");
    Prediction sure = Prediction.of(labels, new float[] {0, 1}, false);
    Prediction half = Prediction.of(labels, new float[] {0.5f, 0.5f}, false);
    ClassificationFigures figures =
        ClassificationFigures.of(
            labels,
            false,
            List.of(sure, sure, half, half),
            List.of(List.of("b"), List.of("b"), List.of("a"), List.of("b")));
    assertThat(figures.calibrationError()).isZero();
    // Twice wrong at 0.5 of 4 texts: 2/4 · 0.5.
    figures =
        ClassificationFigures.of(
            labels,
            false,
            List.of(sure, sure, half, half),
            List.of(List.of("b"), List.of("b"), List.of("b"), List.of("b")));
    assertThat(figures.calibrationError()).isEqualTo(0.25);
  }

  @Test
  void aLabelThatTheModelDoesNotKnowIsRefused() {
    List<String> labels = List.of("a", "b");
    Prediction a = Prediction.of(labels, new float[] {1, 0}, false);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ClassificationFigures.of(labels, false, List.of(a), List.of(List.of("c"))))
        .withMessage("a label must be one that the model knows, of [a, b]: received c");
  }
}
