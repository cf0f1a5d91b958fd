package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Shape;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import dev.heed.weights.GgufArray;
import dev.heed.weights.GgufValue;
import dev.heed.weights.GgufWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizeCommandTest {
  @TempDir private Path home;
  private Path directory;
  private Tokenizer tokenizer;

  @BeforeEach
  void trainATokenizer() throws IOException {
    directory = home.resolve("words");
    tokenizer = WordPieceTrainer.of(60).train(List.of("the train 🚂 the train", "left left"));
    tokenizer.save(directory);
  }

  private Heed.Result tokenize(String... arguments) {
    return new Heed(home).run(arguments(arguments));
  }

  private String[] arguments(String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = "tokenize";
    all[1] = "--model";
    all[2] = directory.toString();
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return all;
  }

  private int id(String token) {
    return tokenizer.idOf(token).orElseThrow();
  }

  @Test
  void aGgufFileHasItsTokenizerInside() {
    Path file = home.resolve("small.gguf");
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", new GgufValue.Text("llama"));
    metadata.put("tokenizer.ggml.model", new GgufValue.Text("gpt2"));
    metadata.put("tokenizer.ggml.pre", new GgufValue.Text("gpt-2"));
    metadata.put("tokenizer.ggml.tokens", GgufArray.of(List.of("a", "b", "ab", "Ġ")));
    metadata.put("tokenizer.ggml.merges", GgufArray.of(List.of("a b")));
    GgufWriter.write(
        file, metadata, List.of(StoredTensor.of("output.weight", Shape.of(2, 3), new float[6])));
    assertThat(new Heed(home).run("tokenize", "--model", file.toString(), "ab a").out())
        .isEqualTo(
            "{\"ids\":[2,3,0],\"tokens\":[\"ab\",\"Ġ\",\"a\"],\"offsets\":[[0,2],[2,3],[3,4]]}\n");
  }

  @Test
  void aTextIsAJsonLineWithOffsetsInCodePoints() {
    assertThat(tokenize("The 🚂 left").out())
        .isEqualTo(
            "{\"ids\":[2,%d,%d,%d,3],\"tokens\":[\"[CLS]\",\"the\",\"🚂\",\"left\",\"[SEP]\"],"
                    .formatted(id("the"), id("🚂"), id("left"))
                + "\"offsets\":[[0,0],[0,3],[4,5],[6,10],[0,0]]}\n");
  }

  @Test
  void withoutSpecialTokensOnlyTheTextIsThere() {
    assertThat(tokenize("left", "--no-special").out())
        .isEqualTo(
            "{\"ids\":[%d],\"tokens\":[\"left\"],\"offsets\":[[0,4]]}\n".formatted(id("left")));
  }

  @Test
  void everyLineOfAFileIsALineEmptyOnesToo() throws IOException {
    Path file = Files.writeString(home.resolve("texts"), "left\n\nthe\r\n");
    assertThat(tokenize("--no-special", "--input", file.toString()).out().lines())
        .containsExactly(
            "{\"ids\":[%d],\"tokens\":[\"left\"],\"offsets\":[[0,4]]}".formatted(id("left")),
            "{\"ids\":[],\"tokens\":[],\"offsets\":[]}",
            "{\"ids\":[%d],\"tokens\":[\"the\"],\"offsets\":[[0,3]]}".formatted(id("the")));
  }

  @Test
  void standardInputIsReadWhereNothingElseIsGiven() {
    Heed.Result result =
        new Heed(home).given("left\nthe\n").run(arguments("--format", "text", "--no-special"));
    assertThat(result.out()).isEqualTo("left\nthe\n");
  }

  @Test
  void jsonIsOneArray() {
    assertThat(tokenize("left", "the", "--format", "json", "--no-special").out())
        .startsWith("[")
        .contains("\"left\"", "\"the\"")
        .endsWith("]\n");
  }

  @Test
  void aTokenizerFileAloneWillDo() {
    assertThat(
            new Heed(home)
                .run("tokenize", "left", "--model", directory.resolve("tokenizer.json").toString())
                .out())
        .contains("[CLS]", "left");
  }

  @Test
  void truncationAndPaddingOfTheFileCountOnlyWhenAskedFor() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(
        file,
        Files.readString(file)
            .replace(
                "\"truncation\":null,\"padding\":null",
                "\"truncation\":{\"direction\":\"Right\",\"max_length\":4,"
                    + "\"strategy\":\"LongestFirst\",\"stride\":0},"
                    + "\"padding\":{\"strategy\":\"BatchLongest\",\"direction\":\"Right\","
                    + "\"pad_to_multiple_of\":null,\"pad_id\":0,\"pad_type_id\":0,"
                    + "\"pad_token\":\"[PAD]\"}"));
    String[] texts = {"the train left", "left", "--format", "text"};
    assertThat(tokenize(texts).out()).isEqualTo("[CLS] the train left [SEP]\n[CLS] left [SEP]\n");
    String[] asked = {"the train left", "left", "--format", "text", "--truncate", "--pad"};
    assertThat(tokenize(asked).out()).isEqualTo("[CLS] the train [SEP]\n[CLS] left [SEP] [PAD]\n");
  }

  @Test
  void whatIsWrongIsOneLineAndAnExitCode() throws IOException {
    Path latin =
        Files.write(home.resolve("latin"), "na\u00EFve".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(tokenize("--input", latin.toString()).messages())
        .contains("expected UTF-8", "latin", "line 1")
        .hasLineCount(1);
    assertThat(tokenize("--input", home.resolve("none").toString()).code())
        .isEqualTo(ExitCode.MISSING);
    assertThat(tokenize("left", "--input", latin.toString()).code()).isEqualTo(ExitCode.USAGE);
    Path empty = Files.createDirectory(home.resolve("empty"));
    Heed.Result result = new Heed(home).run("tokenize", "left", "--model", empty.toString());
    assertThat(result.code()).isEqualTo(ExitCode.MISSING);
    assertThat(result.messages()).contains("no tokenizer there", "tokenizer.json").hasLineCount(1);
  }

  @Test
  void aFailureLeavesTheOldFile() throws IOException {
    Path out = Files.writeString(home.resolve("out.jsonl"), "old");
    Path latin =
        Files.write(home.resolve("latin"), "a\nna\u00EFve".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(tokenize("--input", latin.toString(), "-o", out.toString()).code())
        .isEqualTo(ExitCode.FAILED);
    assertThat(out).hasContent("old");
    assertThat(home.toFile().list()).containsExactlyInAnyOrder("words", "out.jsonl", "latin");
  }
}
