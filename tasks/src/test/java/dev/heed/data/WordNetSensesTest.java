package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.WordNetSenses.Sense;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordNetSensesTest {
  private static final WordNetSenses WORD_NET = new WordNetSenses();

  @Test
  void aWordHasItsMeaningsInTheOrderOfWordNet() {
    List<Sense> station = WORD_NET.of("station");
    assertThat(station).hasSize(6);
    assertThat(station.getFirst().part()).isEqualTo("noun");
    assertThat(station.getFirst().definition()).startsWith("a facility equipped with special");
    assertThat(station.get(5).part()).isEqualTo("verb");
    assertThat(station.get(5).definition()).isEqualTo("assign to a station");
  }

  @Test
  void aFormOfAWordHasTheMeaningsOfItsBaseForm() {
    assertThat(WORD_NET.of("Flies"))
        .containsAll(
            WORD_NET.of("fly").stream().filter(sense -> !sense.part().equals("adj")).toList());
    assertThat(WORD_NET.of("geese"))
        .isEqualTo(
            WORD_NET.of("goose").stream().filter(sense -> sense.part().equals("noun")).toList());
    assertThat(WORD_NET.of("went")).extracting(Sense::lemma).containsOnly("go");
    assertThat(WORD_NET.of("xyzzy")).isEmpty();
  }

  @Test
  void nounsOfSeveralWordsAreFoundByTheirLastOne() {
    assertThat(WORD_NET.ofNounsEndingIn("stations"))
        .extracting(Sense::lemma)
        .contains("train station", "radio station", "space station")
        .allMatch(lemma -> lemma.endsWith(" station"));
  }

  @Test
  void examplesAndAllWordsOfAMeaningAreThere() {
    Sense fly =
        WORD_NET.of("fly").stream()
            .filter(sense -> sense.definition().equals("pass away rapidly"))
            .findFirst()
            .orElseThrow();
    assertThat(fly.words()).containsExactly("fly", "fell", "vanish");
    assertThat(fly.examples())
        .containsExactly("Time flies like an arrow", "Time fleeing beneath him");
  }

  @Test
  void frequenciesAreThoseOfTheIndexOfMeanings() {
    Sense date = WORD_NET.ofLemma("date").getFirst();
    assertThat(WORD_NET.frequencies()).containsEntry(WordNetSenses.key(date), 23);
  }

  @Test
  void anUnknownPartOfSpeechIsRefused() {
    assertThatThrownBy(() -> WORD_NET.ofPart("article"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("noun")
        .hasMessageContaining("article");
    assertThat(WORD_NET.ofPart("adv")).hasSizeGreaterThan(5000);
  }
}
