package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A million characters of one kind, and expressions that take exponential time elsewhere. The
/// timeout is far beyond what linear time takes and far below what anything else would.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostileInputTest {
  private static final int MILLION = 1_000_000;

  @ParameterizedTest
  @ValueSource(strings = {"a", "^", " ", "\n", "é", "\u0301", "中", "🚂", "'", "1", "[", "<"})
  void aMillionOfOneCharacterTakesLinearTime(String character) throws IOException {
    String text = character.repeat(MILLION);
    List<String> lines = MixedText.lines(300, 1);
    Tokenizer bytes = BpeTrainer.of(300).train(lines);
    assertThat(bytes.decode(bytes.encode(text).ids())).isEqualTo(text);
    for (String model :
        List.of(
            SyntheticTokenizers.unigram(lines, false, 1),
            SyntheticTokenizers.wordPiece(lines, 1),
            SyntheticTokenizers.bpe(lines, 1, "\"unk_token\":\"[UNK]\"", true))) {
      Tokenizer tokenizer =
          read(
              SyntheticTokenizers.file(
                  "{\"type\":\"BertNormalizer\",\"lowercase\":true}", "null", "null", model));
      Encoding encoding = tokenizer.encode(text);
      if (encoding.size() > 0) {
        assertThat(encoding.end(encoding.size() - 1)).isLessThanOrEqualTo(text.length());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(a|aa)+$",
        "(a|a)*c",
        "a*a*a*a*a*b",
        "(?:a?){30}a{30}",
        "(\\\\s*a)+x|\\\\w+(?!a)"
      })
  void catastrophicExpressionsAreBounded(String expression) throws IOException {
    Tokenizer tokenizer = split(expression);
    assertThat(tokenizer.encode("a".repeat(50_000) + "!").size()).isPositive();
  }

  /// One looks far ahead from every place, the other has a loop that may stand still.
  @ParameterizedTest
  @ValueSource(strings = {"(?=a*!b)a", "(a*)*b"})
  void whatIsNotBoundedIsRefusedAfterALimitOfSteps(String expression) throws IOException {
    Tokenizer tokenizer = split(expression);
    assertThatThrownBy(() -> tokenizer.encode("a".repeat(200_000) + "!b"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("takes too long");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)\\\\1",
        "(((a{1000}){1000}){1000})",
        "(?<n>a)\\\\k<n>",
        "[z-a]",
        "(",
        "\\\\p{Klingon}",
        "(?<=a*)b"
      })
  void expressionsThatCannotBeMatchedAreRefusedOnReading(String expression) {
    assertThatThrownBy(() -> split(expression))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("tokenizer.pre_tokenizer.pattern");
  }

  @Test
  void deeplyNestedExpressionsAreRefused() {
    assertThatThrownBy(() -> split("(".repeat(100_000) + ")".repeat(100_000)))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("nested");
  }

  @Test
  void loneSurrogatesAreReplacementCharactersAndBreakNothing() {
    Tokenizer tokenizer = BpeTrainer.of(300).train(List.of("a b c"));
    Encoding encoding = tokenizer.encode("a\ud83d b\ude82");
    assertThat(tokenizer.decode(encoding.ids())).isEqualTo("a\ufffd b\ufffd");
  }

  private static Tokenizer split(String expression) throws IOException {
    return read(
        SyntheticTokenizers.file(
            "null",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\"}"
                .formatted(expression),
            "null",
            "{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":{\"[UNK]\":0}}"));
  }

  private static Tokenizer read(byte[] json) throws IOException {
    return Tokenizer.read(new ByteArrayInputStream(json));
  }
}
