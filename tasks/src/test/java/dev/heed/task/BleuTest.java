package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.ConfigFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Against the figures of sacreBLEU (`tools/goldens/bleu.py`).
class BleuTest {
  static Stream<Arguments> corpora() throws URISyntaxException {
    Path file =
        Path.of(Objects.requireNonNull(BleuTest.class.getResource("/goldens/bleu.json")).toURI());
    return ConfigFile.readList(file).stream()
        .flatMap(corpus ->
            Stream.of(
                Arguments.of(corpus.string("name"), corpus, false),
                Arguments.of(corpus.string("name"), corpus, true)));
  }

  @ParameterizedTest(name = "{0}, lowercase: {2}")
  @MethodSource("corpora")
  void bleuIsThatOfSacreBleu(String name, ConfigFile corpus, boolean lowercase) {
    String suffix = lowercase ? "-lowercase" : "";
    Bleu bleu = Bleu.of(corpus.strings("translations"), corpus.strings("references"), lowercase);
    assertThat(bleu.score()).isCloseTo(corpus.number("bleu" + suffix), within(1e-9));
    assertThat(bleu.precisions()).isEqualTo(corpus.values().get("precisions" + suffix));
    assertThat(bleu.brevityPenalty()).isCloseTo(corpus.number("penalty" + suffix), within(1e-12));
    assertThat(List.of(bleu.length(), bleu.referenceLength()))
        .isEqualTo(corpus.values().get("lengths" + suffix));
    assertThat(bleu.signature()).isEqualTo(corpus.string("bleu-signature" + suffix));
  }

  @ParameterizedTest(name = "{0}, lowercase: {2}")
  @MethodSource("corpora")
  void chrFIsThatOfSacreBleu(String name, ConfigFile corpus, boolean lowercase) {
    String suffix = lowercase ? "-lowercase" : "";
    ChrF chrF = ChrF.of(corpus.strings("translations"), corpus.strings("references"), lowercase);
    assertThat(chrF.score()).isCloseTo(corpus.number("chrf" + suffix), within(1e-9));
    assertThat(chrF.signature()).isEqualTo(corpus.string("chrf-signature" + suffix));
  }

  @Test
  void eachTranslationNeedsAReference() {
    assertThatThrownBy(() -> Bleu.of(List.of("a", "b"), List.of("a"), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be as many references as translations: received 1 and 2");
  }
}
