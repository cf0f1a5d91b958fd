package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainEmbedCommandTest {
  @TempDir private Path home;

  private Path write(String name, String rows) throws IOException {
    return Files.writeString(home.resolve(name), rows);
  }

  private Heed.Result train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "embed"));
    arguments.addAll(List.of("--texts-per-step", "8", "--learning-rate", "0.01"));
    arguments.addAll(Arrays.asList(more));
    return new Heed(home).run(arguments.toArray(String[]::new));
  }

  @Test
  void anEmbedderIsTrainedResumedAndEvaluated() throws IOException {
    StringBuilder labelled = new StringBuilder();
    StringBuilder pairs = new StringBuilder();
    for (String one : List.of("red", "blue", "green", "grey", "pink")) {
      for (String thing : List.of("train", "soup", "song", "house")) {
        labelled.append(thing).append("\tthe %s %s is here\n".formatted(one, thing));
        pairs.append("the %s %s\tmy %s\n".formatted(one, thing, thing + " " + one));
      }
    }
    Path texts = write("texts.tsv", labelled.toString());
    String tiny = home.resolve("tiny").toString();
    new Heed(home)
        .run(
            "train",
            "classify",
            "--data",
            texts.toString(),
            "-o",
            tiny,
            "--steps",
            "1",
            "--width",
            "32",
            "--layers",
            "1",
            "--heads",
            "2",
            "--vocabulary",
            "90",
            "--context",
            "16");
    Path data = write("pairs.tsv", pairs.toString());
    Heed.Result result = train("--data", data.toString(), "--from", tiny, "--steps", "40");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).startsWith("before: ").contains("\nafter:  ", "of 2 texts have");
    Path model = home.resolve(".heed/models/embed");
    assertThat(model.resolve("README.md"))
        .content()
        .contains("library_name: sentence-transformers", "heed train embed --data '" + data);
    assertThat(model.resolve("modules.json")).exists();
    Heed heed = new Heed(home);
    assertThat(
            heed.run("evaluate", "--model", "embed", "--data", data.toString(), "--format", "jsonl")
                .out())
        .matches(
            "\\{\"accuracy\":(0\\.[5-9]\\d*|1\\.0),\"mean_reciprocal_rank\":.*\"pairs\":20}\n");
    Path scored = write("scored.tsv", "the red train\tmy train red\t1\nthe soup\tmy song\t0\n");
    assertThat(
            heed.run(
                    "evaluate",
                    "--model",
                    "embed",
                    "--data",
                    scored.toString(),
                    "--format",
                    "jsonl")
                .out())
        .startsWith("{\"spearman\":1.0");

    // As a killed run leaves its folder: asked, begun, without figures.
    Path again = Files.createDirectories(home.resolve("again"));
    String asked = Files.readString(model.resolve("run.json"));
    Files.writeString(
        again.resolve("run.json"), asked.substring(0, asked.indexOf(",\"figures\"")) + "}");
    assertThat(train("--resume", again.toString()).code()).isEqualTo(ExitCode.DONE);
    assertThat(again.resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));
  }

  @Test
  void wrongInputIsSaidBeforeAnythingIsTrained() throws IOException {
    Path bad = write("bad.tsv", "a\tb\tgood\nc\td\t1\n");
    assertThat(train("--data", bad.toString()))
        .extracting(Heed.Result::code, Heed.Result::messages)
        .containsExactly(
            ExitCode.USAGE, "heed: " + bad + ": a score must be a number: received [a, b, good]\n");
    Path one = write("one.tsv", "a\tb\n");
    assertThat(train("--data", one.toString()).messages()).contains("received 1 different ones");
    assertThat(home.resolve(".heed/models/embed")).doesNotExist();
  }
}
