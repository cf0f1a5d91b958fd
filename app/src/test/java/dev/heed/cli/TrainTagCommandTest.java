package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainTagCommandTest {
  @TempDir private Path home;
  private Path data;

  @BeforeEach
  void writeSentences() throws IOException {
    StringBuilder rows = new StringBuilder("-DOCSTART- O\n\n");
    for (String person : List.of("Anna", "Peter", "Yuki", "Maria", "John")) {
      for (String town : List.of("Paris", "Oslo", "Lima", "Rome")) {
        rows.append(person)
            .append(" B-PER\nleft O\nfor O\n")
            .append(town)
            .append(" B-LOC\n. O\n\n");
      }
    }
    data = Files.writeString(home.resolve("people.conll"), rows);
  }

  private Heed.Result train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "tag", "--seed", "3"));
    arguments.addAll(List.of("--width", "32", "--layers", "1", "--heads", "2"));
    arguments.addAll(List.of("--vocabulary", "90", "--context", "16", "--dropout", "0"));
    arguments.addAll(List.of("--texts-per-step", "8", "--learning-rate", "0.005"));
    arguments.addAll(Arrays.asList(more));
    return new Heed(home).run(arguments.toArray(String[]::new));
  }

  @Test
  void aTaggerIsTrainedResumedUsedAndEvaluated() throws IOException {
    Heed.Result result = train("--data", data.toString(), "--steps", "60");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).startsWith("F1 1.0000 (precision 1.0000").contains("LOC", "PER");
    Path model = home.resolve(".heed/models/tag");
    assertThat(model.resolve("README.md"))
        .content()
        .contains("pipeline_tag: token-classification", "heed train tag --data '" + data);
    Heed heed = new Heed(home);
    assertThat(heed.run("tag", "Yuki left for Oslo.").out())
        .isEqualTo("Yuki\tB-PER\nleft\tO\nfor\tO\nOslo\tB-LOC\n.\tO\n\n");
    assertThat(heed.run("tag", "🚂 Yuki", "Lima", "--format", "jsonl").out())
        .matches(
            "\\{\"tokens\":\\[\\{\"text\":\"🚂\",\"start\":0,\"end\":1,\"label\":\"\\S+\"},"
                + "\\{\"text\":\"Yuki\",\"start\":2,\"end\":6,\"label\":\"\\S+\"}]}\n"
                + "\\{\"tokens\":\\[.*]}\n");
    assertThat(heed.run("evaluate", "--data", data.toString(), "--format", "jsonl").out())
        .startsWith("{\"accuracy\":1.0,\"f1\":1.0,");

    // As a killed run leaves its folder: asked, begun, without figures.
    Path again = Files.createDirectories(home.resolve("again"));
    String asked = Files.readString(model.resolve("run.json"));
    Files.writeString(
        again.resolve("run.json"), asked.substring(0, asked.indexOf(",\"figures\"")) + "}");
    Heed.Result resumed = train("--resume", again.toString());
    assertThat(resumed.code()).as(resumed.messages()).isEqualTo(ExitCode.DONE);
    assertThat(again.resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));

    Heed.Result further =
        train(
            "--data",
            data.toString(),
            "--from",
            "tag",
            "-o",
            home.resolve("x").toString(),
            "--steps",
            "5");
    assertThat(further.code()).as(further.messages()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void wrongInputIsSaidBeforeAnythingIsTrained() throws IOException {
    assertThat(train().messages()).isEqualTo("heed: --data must name a file or folder of texts\n");
    Path bad = Files.writeString(home.resolve("bad.conll"), "a O\nb\n");
    assertThat(train("--data", bad.toString()))
        .extracting(Heed.Result::code, Heed.Result::messages)
        .containsExactly(
            ExitCode.USAGE, "heed: " + bad + " line 2: expected 2 columns: received 1\n");
    assertThat(new Heed(home).run("tag", "x").messages())
        .contains("no such model yet: `heed train tag` trains one");
    assertThat(home.resolve(".heed/models/tag")).doesNotExist();
  }
}
