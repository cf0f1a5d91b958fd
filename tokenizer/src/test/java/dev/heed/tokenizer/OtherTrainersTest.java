package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtherTrainersTest {
  private static final List<String> TEXTS =
      List.of(
          "The train left the station on time.",
          "The trains were leaving the stations.",
          "Leaving the station, the train was on time; training takes time.");

  @Test
  void wordPieceLearnsWordsAndContinuations() throws IOException {
    Tokenizer tokenizer = WordPieceTrainer.of(90).train(TEXTS);
    assertThat(tokenizer.vocabularySize()).isLessThanOrEqualTo(90);
    assertThat(tokenizer.encode("the").tokens()).containsExactly("[CLS]", "the", "[SEP]");
    assertThat(tokenizer.encode("TRAIN station").tokens()).contains("train", "station");
    assertThat(tokenizer.decode(tokenizer.encode("the trains.").ids())).isEqualTo("the trains.");
    assertThat(tokenizer.encode("日").tokens()).containsExactly("[CLS]", "[UNK]", "[SEP]");
    agree(tokenizer);
  }

  @Test
  void unigramKeepsAllCharactersAndLearnsFrequentPieces() throws IOException {
    Tokenizer tokenizer = UnigramTrainer.of(60).train(TEXTS);
    assertThat(tokenizer.vocabularySize()).isLessThanOrEqualTo(60);
    assertThat(tokenizer.encode("time").size()).isLessThan(5);
    for (String text : TEXTS) {
      assertThat(tokenizer.decode(tokenizer.encode(text).ids())).isEqualTo(text);
    }
    assertThat(tokenizer.encode("☃").tokens()).containsExactly("▁", "☃", "</s>");
    agree(tokenizer);
  }

  @Test
  void unigramProbabilitiesFavourWhatTheTextIsMadeOf() {
    List<String> texts = List.of("abab ".repeat(200), "cd ef ".repeat(20));
    Tokenizer tokenizer = UnigramTrainer.of(30).train(texts);
    assertThat(tokenizer.encode("abab", false).size()).isEqualTo(1);
  }

  @Test
  void theSameTextsGiveTheSameTokenizer() {
    assertThat(UnigramTrainer.of(60).train(TEXTS).toJson())
        .isEqualTo(UnigramTrainer.of(60).train(TEXTS).toJson());
    assertThat(WordPieceTrainer.of(90).train(TEXTS).toJson())
        .isEqualTo(WordPieceTrainer.of(90).train(TEXTS).toJson());
  }

  @Test
  void furtherSpecialTokensFollowTheOwnOnes() throws IOException {
    for (TokenizerTrainer trainer :
        List.of(BpeTrainer.of(300), WordPieceTrainer.of(90), UnigramTrainer.of(60))) {
      int own = trainer.train(TEXTS).addedTokens().size();
      Tokenizer tokenizer = trainer.withSpecialTokens(List.of("<a>", "<b>")).train(TEXTS);
      assertThat(tokenizer.idOf("<a>")).hasValue(own);
      assertThat(tokenizer.idOf("<b>")).hasValue(own + 1);
      assertThat(tokenizer.isSpecial(own + 1)).isTrue();
      assertThat(tokenizer.vocabularySize()).isLessThanOrEqualTo(trainer.vocabularySize());
      assertThat(tokenizer.encode("the<b>train", false).tokens()).contains("<b>");
      agree(tokenizer);
      assertThatThrownBy(() -> trainer.withSpecialTokens(List.of("<a>", "<a>")))
          .hasMessageContaining("\"<a>\"");
      assertThatThrownBy(() -> trainer.withSpecialTokens(List.of("")))
          .hasMessageContaining("not empty");
    }
  }

  @Test
  void lineEndsBecomeNoPartOfUnigramPieces() {
    List<String> lines = TEXTS.stream().map(text -> text + "\n").toList();
    assertThat(UnigramTrainer.of(60).train(lines).toJson())
        .isEqualTo(UnigramTrainer.of(60).train(TEXTS).toJson());
  }

  @Test
  void whatIsTooSmallIsRefused() {
    assertThatThrownBy(() -> UnigramTrainer.of(3)).hasMessageContaining("vocabularySize=3");
    assertThatThrownBy(() -> WordPieceTrainer.of(5)).hasMessageContaining("vocabularySize=5");
    assertThatThrownBy(() -> UnigramTrainer.of(30).train(List.of()))
        .hasMessageContaining("received none");
  }

  private static void agree(Tokenizer tokenizer) throws IOException {
    try (Oracle oracle = new Oracle(tokenizer.toJson())) {
      for (String line : MixedText.lines(500, 11)) {
        oracle.agreesOn(line, true);
      }
    }
  }
}
