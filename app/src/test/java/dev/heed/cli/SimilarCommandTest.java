package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SimilarCommandTest {
  private static final String[] TEXTS = {
    "similar", "The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."
  };

  private static Heed heed() {
    return new Heed(EmbedCommandTest.HOME).with("HEED_HOME", EmbedCommandTest.HOME.toString());
  }

  @Test
  void theMatrixIsATableWithTheTexts() {
    assertThat(heed().run(TEXTS).out())
        .isEqualTo(
            """
            The weather is lovely today.   1.0000   0.6660   0.1046
            It's so sunny outside!         0.6660   1.0000   0.1411
            He drove to the stadium.       0.1046   0.1411   1.0000
            """);
  }

  @Test
  void jsonHasTheTextsAndTheMatrix() {
    assertThat(heed().given("a\nb\n").run("similar", "--format", "jsonl").out())
        .matches("\\{\"texts\":\\[\"a\",\"b\"],\"similarity\":\\[\\[[0-9.,]+],\\[[0-9.,]+]]}\n");
  }

  @Test
  void theModelThatCameAlongIsListed() {
    assertThat(heed().run("similar", "a", "b").code()).isEqualTo(ExitCode.DONE);
    assertThat(heed().run("models").out())
        .containsPattern("minilm +with Heed +bert +9[0-9]\\.\\d MB");
  }

  @Test
  void oneTextIsTooFew() {
    Heed.Result result = heed().run("similar", "alone");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("expected two texts or more: received 1");
  }
}
