package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.WordNetSenses;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordSensesTest {
  private static final WordNetSenses WORD_NET = new WordNetSenses();
  private static final SentenceEmbedder EMBEDDER =
      SentenceEmbedder.load(MiniLm.directory(SentenceGoldens.HOME));
  private final WordSenses senses = new WordSenses(EMBEDDER, WORD_NET);

  @Test
  void theTrainsStationIsATrainStation() {
    List<String> lemmas =
        senses.rank("The train left the station on time.", "station").stream()
            .map(scored -> scored.sense().lemma())
            .toList();
    assertThat(lemmas.indexOf("train station"))
        .isBetween(0, 4)
        .isLessThan(lemmas.indexOf("radio station"))
        .isLessThan(lemmas.indexOf("space station"));
    List<String> other =
        senses.rank("The station played my favourite song all morning.", "station").stream()
            .map(scored -> scored.sense().lemma())
            .toList();
    assertThat(other.indexOf("radio station")).isLessThan(other.indexOf("train station"));
  }

  @Test
  void theWordMayBeGivenByItsBaseForm() {
    assertThat(senses.rank("time flies like an arrow", "fly").getFirst())
        .isEqualTo(senses.rank("time flies like an arrow", "flies").getFirst())
        .extracting(scored -> scored.sense().definition())
        .isEqualTo("pass away rapidly");
  }

  @Test
  void aWordThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> senses.rank("The train left.", "station"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no form of station in \"The train left.\"");
    assertThatThrownBy(() -> senses.rank("The xyzzy left.", "xyzzy"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("it has no xyzzy");
  }

  @Test
  void theEvaluatedExampleIsInNoTextOfItsMeaning() {
    WordNetSenses.Sense fly = senses.rank("time flies like an arrow", "flies").getFirst().sense();
    assertThat(WordSenses.text(fly, "Time flies like an arrow").text())
        .isEqualTo("fly: pass away rapidly; Time fleeing beneath him");
  }

  @Test
  void meaningsAreFoundMoreOftenThanByChance() {
    SenseEvaluation evaluation = SenseEvaluation.of(EMBEDDER, WORD_NET, 60, 3, done -> {});
    assertThat(evaluation.examples()).isEqualTo(60);
    assertThat(evaluation.random()).isBetween(0.1, 0.5);
    assertThat(evaluation.mostFrequent()).isBetween(0.05, 0.7);
    assertThat(evaluation.accuracy()).isGreaterThan(evaluation.random());
    assertThat(SenseEvaluation.of(EMBEDDER, WORD_NET, 60, 3, done -> {})).isEqualTo(evaluation);
  }
}
