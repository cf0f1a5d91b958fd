package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifyCommandTest {
  @TempDir private java.nio.file.Path empty;

  private static Heed heed() {
    return new Heed(EmbedCommandTest.HOME).with("HEED_HOME", EmbedCommandTest.HOME.toString());
  }

  @Test
  void withoutTrainingTheNearestLabelIsTaken() {
    Heed.Result result =
        heed()
            .given("The goalkeeper saved the penalty.\nThe soup needs more salt.\n")
            .run("classify", "--labels", "sport, cooking,politics");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out())
        .matches("sport\t0\\.\\d{4}\tThe.*penalty\\.\ncooking\t0\\.9.*salt\\.\n");
    assertThat(result.messages()).isEqualTo("model: minilm\n");
  }

  @Test
  void jsonHasTheScoresOfAllLabels() {
    String[] command = {"classify", "The soup.", "--labels", "sport,food", "--format", "json"};
    assertThat(heed().run(command).out().replaceAll("\\s", ""))
        .matches("\\{\"label\":\"food\",\"scores\":\\{\"sport\":[.\\d]+,\"food\":[.\\d]+}}");
    command[5] = "jsonl";
    assertThat(heed().given("a\nb\n").run("classify", "--labels", "a,b", "--format", "jsonl").out())
        .matches("\\{\"label\":\"a\".*}}\n\\{\"label\":\"b\".*}}\n");
    assertThat(heed().given("a\nb\n").run("classify", "--labels", "a,b", "--format", "json").out())
        .startsWith("[ {")
        .endsWith("} ]\n");
  }

  @Test
  void whatIsWrongIsSaid() {
    Heed.Result none = new Heed(empty).run("classify", "a");
    assertThat(none.code()).isEqualTo(ExitCode.MISSING);
    assertThat(none.messages()).contains("no such model yet: `heed train classify` trains one");
    assertThat(heed().run("classify", "a", "--labels", "one").messages())
        .contains("--labels must be two or more different ones: received [one]");
    assertThat(heed().run("classify", "a", "--labels", "a,b", "--pairs").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(heed().run("classify", "a", "--model", "minilm").messages())
        .contains("expected a SequenceClassifier: received BertModel");
  }
}
