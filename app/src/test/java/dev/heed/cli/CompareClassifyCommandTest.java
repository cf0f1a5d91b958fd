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
          "compare", "classify", "--data", reviews.toString(), "--context", "16",
          "--seeds", "2", "--budget", "0.05", "-o", folder.resolve("out").toString()
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
            "train", "classify", "--data", reviews.toString(), "-o", encoder, "--width", "16",
            "--layers", "1", "--heads", "2", "--context", "16", "--steps", "2");
    Heed.Result result = compare("--model", encoder);
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out().lines().toList())
        .hasSize(9)
        .anySatisfy(line -> assertThat(line).matches("TF-IDF of word pairs +\\d.*%.* 1"))
        .anySatisfy(line -> assertThat(line).matches("LSTM, both directions +\\d.*%.* 2"))
        .last()
        .asString()
        .startsWith("pretrained encoder, fine-tuned");
    assertThat(result.messages()).contains("All together about ", "GRU, both directions, seed 2:");
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
    assertThat(first).hasSize(3);
    Heed.Result more = compare("--methods", "words,pairs,tf_idf", "--format", "jsonl");
    assertThat(Files.readAllLines(folder.resolve("out/runs.jsonl")))
        .hasSize(4)
        .startsWith(first.toArray(String[]::new));
    assertThat(more.out()).startsWith("{\"results\":[{\"method\":\"words\",\"accuracy\":");
    compare("--methods", "words", "--seed", "9");
    assertThat(Files.readAllLines(folder.resolve("out/runs.jsonl"))).hasSize(2);
  }

  @Test
  void wrongUsageIsSaid() {
    Heed.Result none =
        new Heed(folder)
            .run("compare", "classify", "--data", reviews.toString(), "--budget", "0");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.messages()).contains("--budget must be more than 0");
    assertThat(new Heed(folder).run("compare").messages())
        .contains("say what to compare: classify");
  }
}
