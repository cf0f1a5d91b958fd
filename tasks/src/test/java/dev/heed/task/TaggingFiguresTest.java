package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ConfigFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The expected values are seqeval's, from `tools/goldens/tagging_figures.py`.
class TaggingFiguresTest {
  @SuppressWarnings("unchecked")
  private static <T> T of(Map<String, ?> map, String key) {
    return (T) Objects.requireNonNull(map.get(key), key);
  }

  @Test
  void theyAreThoseOfSeqeval() throws IOException {
    String name = "/goldens/tagging-figures.json";
    Map<String, ?> golden;
    try (InputStream in = TaggingFiguresTest.class.getResourceAsStream(name)) {
      golden = ConfigFile.parse(name, Objects.requireNonNull(in, name).readAllBytes()).values();
    }
    for (Map<String, ?> one : TaggingFiguresTest.<List<Map<String, ?>>>of(golden, "cases")) {
      TaggingFigures figures =
          TaggingFigures.of(of(one, "labels"), of(one, "said"), of(one, "truth"));
      assertThat(figures.accuracy()).isCloseTo(number(one, "accuracy"), within(1e-12));
      assertThat(figures.precision()).isCloseTo(number(one, "precision"), within(1e-12));
      assertThat(figures.recall()).isCloseTo(number(one, "recall"), within(1e-12));
      assertThat(figures.f1()).isCloseTo(number(one, "f1"), within(1e-12));
      Map<String, List<Number>> kinds = of(one, "kinds");
      assertThat(figures.perKind()).hasSameSizeAs(kinds.keySet());
      for (ClassificationFigures.LabelFigures kind : figures.perKind()) {
        List<Number> expected = of(kinds, kind.label());
        assertThat(List.of(kind.precision(), kind.recall(), kind.f1(), (double) kind.support()))
            .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1)
            .isEqualTo(expected.stream().map(Number::doubleValue).toList());
      }
    }
  }

  private static double number(Map<String, ?> map, String key) {
    return TaggingFiguresTest.<Number>of(map, key).doubleValue();
  }

  @Test
  void labelsThatBeginNothingAreCountedWordByWord() {
    TaggingFigures figures =
        TaggingFigures.of(
            List.of("NOUN", "O", "VERB"),
            List.of(List.of("NOUN", "NOUN", "O", "VERB")),
            List.of(List.of("NOUN", "NOUN", "O", "NOUN")));
    assertThat(figures.accuracy()).isEqualTo(0.75);
    assertThat(figures.precision()).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(figures.perKind()).extracting(kind -> kind.support()).containsExactly(3, 0);
  }

  @Test
  void aLabelThatTheModelDoesNotKnowIsAnError() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> TaggingFigures.of(List.of("O"), List.of(List.of("O")), List.of(List.of("B-PER"))))
        .withMessageContaining("must be one that the model knows, of [O]: received B-PER");
  }
}
