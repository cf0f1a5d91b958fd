package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainTokenizerCommandTest {
  private static final String TEXT =
      "The train left the station on time.\nThe trains were leaving the stations.\n";

  @TempDir private Path home;

  private Heed.Result train(String... arguments) {
    List<String> all = new ArrayList<>(List.of("train", "tokenizer"));
    all.addAll(List.of(arguments));
    return new Heed(home).run(all.toArray(String[]::new));
  }

  private String file(String name) throws IOException {
    return Files.writeString(home.resolve(name), TEXT).toString();
  }

  @ParameterizedTest
  @CsvSource({"bpe, 300, <|endoftext|>", "wordpiece, 60, [SEP]", "unigram, 60, </s>"})
  void everyKindIsTrainedAndReadBack(String kind, int vocabulary, String end) throws IOException {
    Path out = home.resolve("tokenizer.json");
    Heed.Result result =
        train(
            "--data",
            file("a.txt"),
            "--kind",
            kind,
            "--vocabulary",
            Integer.toString(vocabulary),
            "--special-token",
            "<user>",
            "-o",
            out.toString());
    assertThat(result.messages()).contains(out.toString(), "tokens", "learnt from");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    Tokenizer tokenizer = Tokenizer.load(out);
    assertThat(tokenizer.vocabularySize()).isBetween(25, vocabulary);
    assertThat(tokenizer.idOf("<user>")).isPresent();
    assertThat(tokenizer.idOf(end)).isPresent();
    assertThat(tokenizer.encode("the station", false).size()).isLessThan(8);
    assertThat(home.toFile().list()).containsExactlyInAnyOrder("a.txt", "tokenizer.json");
  }

  @Test
  void severalFilesAndGzipAreOneText() throws IOException {
    Path packed = home.resolve("b.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(TEXT.getBytes(StandardCharsets.UTF_8));
    }
    Path out = home.resolve("t.json");
    String[] arguments = {
      "--data", file("a.txt"), packed.toString(), "--vocabulary", "280", "-o", out.toString()
    };
    assertThat(train(arguments).code()).isEqualTo(ExitCode.DONE);
    List<String> lines = TEXT.lines().map(line -> line + "\n").toList();
    List<String> twice = new ArrayList<>(lines);
    twice.addAll(lines);
    assertThat(Files.readAllBytes(out)).isEqualTo(BpeTrainer.of(280).train(twice).toJson());
  }

  @Test
  void aDirectoryGetsTheConfigurationToo() throws IOException {
    Path out = home.resolve("mine");
    assertThat(train("--data", file("a.txt"), "--vocabulary", "280", "-o", out.toString()).code())
        .isEqualTo(ExitCode.DONE);
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder("tokenizer.json", "tokenizer_config.json");
  }

  @Test
  void whatIsWrongIsOneLineAndAnExitCode() throws IOException {
    String out = home.resolve("t.json").toString();
    Heed.Result small = train("--data", file("a.txt"), "--vocabulary", "99", "-o", out);
    assertThat(small.code()).isEqualTo(ExitCode.USAGE);
    assertThat(small.messages()).contains("257", "vocabularySize=99").hasLineCount(1);
    Heed.Result none = train("--data", home.resolve("none").toString(), "-o", out);
    assertThat(none.code()).isEqualTo(ExitCode.MISSING);
    assertThat(none.messages()).contains("none").hasLineCount(1);
    assertThat(train("--data", home.toString(), "-o", out).messages())
        .contains("takes files", "directory")
        .hasLineCount(1);
    assertThat(train("-o", out).messages()).contains("--data").hasLineCount(1);
    Heed.Result empty =
        train(
            "--data",
            Files.createFile(home.resolve("empty")).toString(),
            "--kind",
            "unigram",
            "--vocabulary",
            "60",
            "-o",
            out);
    assertThat(empty.messages()).contains("received none").hasLineCount(1);
    assertThat(home.resolve("t.json")).doesNotExist();
  }

  @Test
  void trainAloneSaysWhatCanBeTrained() {
    Heed.Result result = new Heed(home).run("train");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("what to train", "tokenizer").hasLineCount(1);
    assertThat(new Heed(home).run("train", "tokenizer", "--help").out())
        .startsWith("Usage: heed train tokenizer")
        .contains("--vocabulary", "--seed");
  }
}
