package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareClassifyCommandTest {
  @TempDir private Path folder;
  private Path reviews;

  @BeforeEach
  void writeReviews() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (String thing : List.of("film", "story", "actor", "song", "end", "plot")) {
      for (String good : List.of("fine", "brilliant", "quiet", "moving")) {
        rows.append("pos\tA ").append(good).append(' ').append(thing).append(".\n");
      }
      for (String bad : List.of("dull", "loud", "boring", "stupid")) {
        rows.append("neg\tThis ").append(thing).append(" is ").append(bad).append(".\n");
      }
    }
    reviews = Files.writeString(folder.resolve("reviews.tsv"), rows);
  }

  private Heed.Result compare(String... more) {
    String[] command =
        new String[] {
          "compare",
          "classify",
          "--data",
          reviews.toString(),
          "--context",
          "16",
          "--seeds",
          "2",
          "--budget",
          "0.05",
          "-o",
          folder.resolve("out").toString()
        };
    String[] all = java.util.Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return new Heed(folder).run(all);
  }

  @Test
  void allMethodsStandInOneTableAndOnePicture() {
    // A small encoder stands for a pretrained one.
    String encoder = folder.resolve("encoder").toString();
    new Heed(folder)
        .run(
            "train",
            "classify",
            "--data",
            reviews.toString(),
            "-o",
            encoder,
            "--width",
            "16",
            "--layers",
            "1",
            "--heads",
            "2",
            "--context",
            "16",
            "--steps",
            "2");
    Heed.Result result = compare("--model", encoder);
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out().lines().toList())
        .anySatisfy(line -> assertThat(line).matches("TF-IDF of word pairs +\\d.*%.* × [0-9.]+ +1"))
        .anySatisfy(line -> assertThat(line).matches("LSTM, both directions +\\d.*%.* ms .* 2"))
        .anySatisfy(line -> assertThat(line).matches("accuracy from +1/16 +1/4 +all"))
        .anySatisfy(line -> assertThat(line).matches("a step with threads +1.*"))
        .last()
        .asString()
        .matches("pretrained encoder, fine-tuned .* ms");
    assertThat(result.messages())
        .contains(
            "All together about ",
            "GRU, both directions, seed 2, ",
            "bag of words, 3.0 times the usual strength: accuracy ",
            "LSTM, both directions, 0.3 times the usual learning rate: accuracy ");
    assertThat(folder.resolve("out/amounts.svg")).content().contains(">1/16<", "bag of words");
    assertThat(folder.resolve("out/threads.svg")).content().contains("LSTM, both directions");
    assertThat(folder.resolve("out/comparison.svg"))
        .content()
        .startsWith("<svg")
        .contains("Transformer from nothing");
    assertThat(folder.resolve("out/README.md")).content().contains("| bag of words |");
  }

  @Test
  void aComparisonGoesOnWithWhatIsMissing() throws IOException {
    compare("--offline", "--methods", "words,tf_idf");
    List<String> first = Files.readAllLines(folder.resolve("out/runs.jsonl"));
    // What was asked; for each of two methods its plan, three tries, 2 + 2 runs from some and 1
    // from
    // all.
    assertThat(first).hasSize(1 + 2 * 9);
    Heed.Result more = compare("--methods", "words,pairs,tf_idf", "--format", "jsonl");
    assertThat(Files.readAllLines(folder.resolve("out/runs.jsonl")))
        .hasSize(1 + 3 * 9)
        .startsWith(first.toArray(String[]::new));
    assertThat(more.out()).startsWith("{\"results\":[{\"method\":\"words\",\"accuracy\":");
    compare("--methods", "words", "--seed", "9");
    assertThat(Files.readAllLines(folder.resolve("out/runs.jsonl"))).hasSize(1 + 9);
  }

  @Test
  void wrongUsageIsSaid() {
    Heed.Result none =
        new Heed(folder).run("compare", "classify", "--data", reviews.toString(), "--budget", "0");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.messages()).contains("--budget must be more than 0");
    assertThat(new Heed(folder).run("compare").messages())
        .contains("say what to compare: classify");
  }
}
