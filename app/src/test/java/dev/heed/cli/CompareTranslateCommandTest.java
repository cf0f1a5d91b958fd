package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareTranslateCommandTest {
  @TempDir private Path folder;
  private Path pairs;

  @BeforeEach
  void writePairs() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (String thing : List.of("Hund\tdog", "Mann\tman", "Ball\tball", "Hut\that")) {
      String[] names = thing.split("\t");
      for (String doing :
          List.of("schläft\tsleeps", "fällt tief\tfalls", "ist alt und klein\tis old")) {
        String[] said = doing.split("\t");
        rows.append("Der %s %s.\tThe %s %s.%n".formatted(names[0], said[0], names[1], said[1]));
      }
    }
    pairs = Files.writeString(folder.resolve("pairs.tsv"), rows);
  }

  private Heed.Result compare(String... more) {
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                "compare",
                "translate",
                "--data",
                pairs.toString(),
                "--vocabulary",
                "300",
                "--width",
                "16",
                "--budget",
                "0.01",
                "-o",
                folder.resolve("out").toString()));
    command.addAll(List.of(more));
    return new Heed(folder).run(command.toArray(String[]::new));
  }

  @Test
  void allMethodsStandInOneTableAndTwoPictures() {
    Heed.Result result = compare("--seeds", "1", "--max-length", "24");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out().lines().toList())
        .hasSize(11)
        .anySatisfy(line ->
            assertThat(line).matches("recurrent, Bahdanau's attention +\\d.* s +.* ms .* 1"))
        .anySatisfy(line -> assertThat(line).matches("BLEU at source words +\\d.*"))
        .anySatisfy(line -> assertThat(line).matches("Transformer +\\d.* s +.* ms .* 1"));
    assertThat(result.messages())
        .contains("All together about ", "recurrent, no attention, learning rate 0.0015");
    assertThat(folder.resolve("out/comparison.svg")).content().startsWith("<svg");
    assertThat(folder.resolve("out/lengths.svg")).content().contains("recurrent, Luong");
    assertThat(folder.resolve("out/README.md"))
        .content()
        .contains("# Translators on `pairs.tsv`", "| recurrent, no attention |");
    for (String model : List.of("no_attention_1", "bahdanau_1", "luong_1", "transformer_1")) {
      String directory = folder.resolve("out").resolve(model).toString();
      Heed.Result made =
          new Heed(folder).run("translate", "Der Hund schläft.", "--model", directory);
      assertThat(made.code()).as(made.messages()).isEqualTo(ExitCode.DONE);
      Heed.Result tried =
          new Heed(folder).run("evaluate", "--model", directory, "--data", pairs.toString());
      assertThat(tried.out()).as(tried.messages()).contains("next-token accuracy", "12 pairs");
    }
  }

  @Test
  void aComparisonGoesOnWithWhatIsMissing() throws IOException {
    compare("--seeds", "2", "--methods", "luong", "--max-length", "24");
    Path log = folder.resolve("out/runs.jsonl");
    List<String> all = Files.readAllLines(log);
    assertThat(all).hasSize(7); // what was asked, the plan, three tries, two runs
    Files.write(log, all.subList(0, 6)); // as if interrupted
    Heed.Result more =
        compare("--seeds", "2", "--methods", "luong", "--max-length", "24", "--format", "jsonl");
    assertThat(Files.readAllLines(log))
        .hasSize(7)
        .startsWith(all.subList(0, 6).toArray(String[]::new));
    assertThat(more.messages()).contains("seed 2").doesNotContain("seed 1", "kept back");
    assertThat(folder.resolve("out/unfinished")).doesNotExist();
    assertThat(more.out())
        .startsWith("{\"results\":[{\"method\":\"luong\",\"bleu\":")
        .contains("\"by_length\":[{\"from\":");
  }

  @Test
  void wrongUsageIsSaid() {
    assertThat(compare("--seeds", "0").messages())
        .contains("--budget must be more than 0, --seeds 1 or more: received 0.01, 0");
    assertThat(compare("--max-length", "1").messages()).contains("--max-length must be 2 or more");
    Heed.Result tooShort = compare("--max-length", "2");
    assertThat(tooShort.code()).isEqualTo(ExitCode.USAGE);
    assertThat(tooShort.messages()).contains("expected pairs to learn from");
  }
}
