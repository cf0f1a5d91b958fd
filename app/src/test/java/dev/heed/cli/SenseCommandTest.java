package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SenseCommandTest {
  private static Heed heed() {
    return new Heed(EmbedCommandTest.HOME).with("HEED_HOME", EmbedCommandTest.HOME.toString());
  }

  @Test
  void theNearestMeaningComesFirst() {
    Heed.Result result = heed().run("sense", "time flies like an arrow", "flies", "--top", "2");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out().lines().toList())
        .hasSize(2)
        .first()
        .asString()
        .matches(" 0\\.\\d{4}  fly \\(verb 8\\): pass away rapidly");
  }

  @Test
  void jsonHasLemmaGlossAndScore() {
    assertThat(
            heed()
                .run(
                    "sense", "time flies like an arrow", "flies", "--top", "1", "--format", "jsonl")
                .out())
        .matches(
            "\\{\"senses\":\\[\\{\"lemma\":\"fly\",\"part\":\"verb\",\"number\":8,"
                + "\"gloss\":\"pass away rapidly\",\"score\":0\\.\\d+}]}\n");
  }

  @Test
  void theEvaluationStandsBesideItsBaselines() {
    assertThat(heed().run("sense", "--evaluate", "20", "--format", "jsonl").out())
        .matches(
            "\\{\"examples\":20,\"accuracy\":[0-9.]+,\"most_frequent\":[0-9.]+,\"random\":[0-9.]+}\n");
  }

  @Test
  void whatCannotBeIsSaid() {
    Heed.Result result = heed().run("sense", "The train left.", "station");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("no form of station in \"The train left.\"");
    assertThat(heed().run("sense", "The train left.").code()).isEqualTo(ExitCode.USAGE);
  }
}
