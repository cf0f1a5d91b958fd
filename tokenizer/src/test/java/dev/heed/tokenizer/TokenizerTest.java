package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  private static final Tokenizer TOKENIZER =
      BpeTrainer.of(300)
          .train(List.of("the train left the station on time", "the train left the the station"));

  @Test
  void offsetsCutTheTextIntoItsTokens() {
    String text = "the train left";
    Encoding encoding = TOKENIZER.encode(text);
    assertThat(encoding.tokens()).containsExactly("the", "Ġtrain", "Ġleft");
    assertThat(text.substring(encoding.start(1), encoding.end(1))).isEqualTo(" train");
    assertThat(encoding.wordId(2)).isEqualTo(2);
    assertThat(encoding.attentionMask()).containsExactly(1, 1, 1);
  }

  @Test
  void aTokenThatIsPartOfACharacterPointsAtTheWholeCharacter() {
    Encoding encoding = TOKENIZER.encode("🚂");
    assertThat(encoding.size()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(encoding.start(i)).isZero();
      assertThat(encoding.end(i)).isEqualTo(2);
    }
  }

  @Test
  void specialTokensAreFoundInTheTextAndLeftOutOnDecoding() {
    Encoding encoding = TOKENIZER.encode("the<|endoftext|>the");
    assertThat(encoding.ids()).contains(0);
    assertThat(TOKENIZER.isSpecial(0)).isTrue();
    assertThat(TOKENIZER.decode(encoding.ids())).isEqualTo("thethe");
    assertThat(TOKENIZER.decode(encoding.ids(), false)).isEqualTo("the<|endoftext|>the");
  }

  @Test
  void theEmptyTextHasNoTokens() {
    assertThat(TOKENIZER.encode("").size()).isZero();
    assertThat(TOKENIZER.decode()).isEmpty();
  }

  @Test
  void streamingGivesTheSameTextAndHoldsBackHalfCharacters() {
    String text = "the naïve train 🚂🚃 left\n时间";
    StreamingDecoder decoder = TOKENIZER.streamingDecoder();
    StringBuilder streamed = new StringBuilder();
    for (int id : TOKENIZER.encode(text).ids()) {
      String piece = decoder.next(id);
      assertThat(piece).doesNotContain("\ufffd");
      streamed.append(piece);
    }
    streamed.append(decoder.finish());
    assertThat(streamed.toString()).isEqualTo(text);
  }

  @Test
  void bytesThatAreNoCharacterComeOutOfAStreamAtLast() {
    int id = TOKENIZER.idOf("Ł").orElseThrow();
    StreamingDecoder decoder = TOKENIZER.streamingDecoder();
    assertThat(decoder.next(id) + decoder.finish()).isEqualTo("\ufffd");
  }

  @Test
  void anUnknownPartOfATokenizerFileIsNamed() {
    String json =
        """
        {"pre_tokenizer":{"type":"Magic"},
         "model":{"type":"BPE","vocab":{"a":0},"merges":[]}}\
        """;
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("tokenizer.pre_tokenizer")
        .hasMessageContaining("Magic");
  }

  @Test
  void aMergeOfATokenThatTheVocabularyLacksIsRefused() {
    String json =
        """
        {"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}\
        """;
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("model.merges[0]")
        .hasMessageContaining("\"ab\"");
  }

  @Test
  void deepOrBrokenJsonIsRefused() {
    assertThatThrownBy(() -> read("[".repeat(1_000_000)))
        .isInstanceOf(TokenizerFormatException.class);
    assertThatThrownBy(() -> read("{\"x\":" + "[".repeat(1_000_000)))
        .isInstanceOf(TokenizerFormatException.class);
    assertThatThrownBy(() -> read("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":4000000000}}}"))
        .isInstanceOf(TokenizerFormatException.class);
    assertThatThrownBy(() -> read("{\"model\":{\"vocab\":{\"a\":2000000000},\"merges\":[]}}"))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("2000000000");
  }

  private static Tokenizer read(String json) throws Exception {
    return Tokenizer.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }
}
