package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainClassifyCommandTest {
  @TempDir private Path home;
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
    reviews = Files.writeString(home.resolve("reviews.tsv"), rows);
  }

  private Heed.Result train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "classify", "--seed", "3"));
    arguments.addAll(List.of("--width", "32", "--layers", "1", "--heads", "2"));
    arguments.addAll(List.of("--vocabulary", "120", "--context", "32", "--dropout", "0"));
    arguments.addAll(List.of("--texts-per-step", "8"));
    arguments.addAll(Arrays.asList(more));
    return new Heed(home).run(arguments.toArray(String[]::new));
  }

  private String folder(String name) {
    return home.resolve(name).toString();
  }

  private String data() {
    return reviews.toString();
  }

  @Test
  void aModelIsTrainedThatClassifyAndEvaluateThenUse() throws IOException {
    Heed.Result result = train("--data", data(), "--steps", "60", "--learning-rate", "0.005");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.messages())
        .containsPattern(
            "Memory: about \\d+\\.\\d MB( of [^:]+)?: parameters 0\\.\\d MB, gradients 0")
        .containsPattern("activations of a step \\d+\\.[0-9]*[1-9]")
        .containsPattern("\n6/60  0:\\d\\d left  .*val_loss")
        .containsPattern("\n60/60  ");
    assertThat(result.out())
        .startsWith("accuracy 1.0000, macro F1 1.0000, calibration error 0.")
        .contains("precision", "neg ", "pos ");
    Path model = home.resolve(".heed/models/classify");
    assertThat(model.resolve("README.md"))
        .content()
        .contains("pipeline_tag: text-classification", "from nothing", "`reviews.tsv`")
        .contains("heed train classify --data '" + reviews, "| neg | 1.0000")
        .contains("(confusion.svg)");
    assertThat(model.resolve("curves.svg")).content().contains("<polyline", "<circle");
    assertThat(ImageIO.read(model.resolve("curves.png").toFile()).getWidth()).isEqualTo(1440);
    assertThat(model.resolve("confusion.svg")).content().contains("neg → pos: 0.0000");
    assertThat(model.resolve("run.json")).content().contains("\"figures\":{\"accuracy\":1.0");
    try (var inside = Files.list(model)) {
      assertThat(inside.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("step-") || name.startsWith("best"))
          .contains("config.json", "model.safetensors", "tokenizer.json", "metrics.jsonl");
    }
    Heed heed = new Heed(home);
    assertThat(heed.run("classify", "A brilliant end.", "This is stupid.").out())
        .matches("pos\t(0\\.\\d{4}|1\\.0000)\tA brilliant end\\.\nneg\t.*\tThis is stupid\\.\n");
    assertThat(heed.run("classify", "A brilliant end.", "--format", "jsonl").out())
        .matches("\\{\"label\":\"pos\",\"scores\":\\{\"neg\":[-.\\dE]+,\"pos\":[.\\d]+}}\n");
    assertThat(heed.run("evaluate", "--data", data(), "--format", "jsonl").out())
        .startsWith("{\"accuracy\":1.0,\"f1\":1.0,")
        .contains("\"confusion\":[[24,0],[0,24]]");
  }

  @Test
  void theSameCommandMakesTheSameBits() {
    train("--data", data(), "-o", folder("one"), "--steps", "5");
    train("--data", data(), "-o", folder("two"), "--steps", "5", "--threads", "1");
    assertThat(home.resolve("one/model.safetensors"))
        .hasSameBinaryContentAs(home.resolve("two/model.safetensors"));
  }

  @Test
  void anEncoderIsTrainedFurtherOrItsHeadAlone() {
    train("--data", data(), "-o", folder("one"), "--steps", "60", "--learning-rate", "0.005");
    for (String how : List.of("--features", "--skip-bad-rows")) {
      Heed.Result result =
          train(
              "--data",
              data(),
              "--from",
              folder("one"),
              "-o",
              folder(how),
              how,
              "--steps",
              "60",
              "--learning-rate",
              "0.005",
              "--format",
              "jsonl");
      assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
      assertThat(result.out()).startsWith("{\"accuracy\":1.0");
      assertThat(home.resolve(how + "/README.md"))
          .content()
          .contains("from `" + folder("one") + "`");
    }
  }

  @Test
  void aRunGoesOnWhereItStoppedAndWithTheSameDataOnly() throws IOException {
    train("--data", data(), "-o", folder("one"), "--steps", "20");
    // As a killed run leaves its folder: asked, begun, without figures.
    Path run = Files.createDirectories(home.resolve("two"));
    String asked = Files.readString(home.resolve("one/run.json"));
    Files.writeString(
        run.resolve("run.json"), asked.substring(0, asked.indexOf(",\"figures\"")) + "}");
    Files.writeString(reviews, "pos\tone more\n", java.nio.file.StandardOpenOption.APPEND);
    assertThat(train("--resume", folder("two")).messages()).contains("must be what it was");
    String rows = Files.readString(reviews);
    Files.writeString(reviews, rows.replace("pos\tone more\n", ""));
    assertThat(train("--resume", folder("two")).code()).isEqualTo(ExitCode.DONE);
    assertThat(home.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(home.resolve("one/model.safetensors"));
    assertThat(train("--resume", folder("two")).messages()).contains("is finished");
    Heed.Result other = new Heed(home).run("train", "next-word", "--resume", folder("one"));
    assertThat(other.messages()).contains("must be of heed train next-word: received one of heed");
  }

  @Test
  void badRowsAndDuplicatesAreToldBeforeTheTraining() throws IOException {
    String rows = Files.readString(reviews);
    Files.writeString(reviews, "pos\nneg\tDull.\nneg\tDull.\npos\tDull.\n" + rows);
    assertThat(train("--data", data()).messages())
        .contains("reviews.tsv line 1: expected 2 columns: received 1");
    Files.writeString(reviews, "neg\tDull.\npos\nneg\tDull.\npos\tDull.\n" + rows);
    assertThat(train("--data", data())).extracting(Heed.Result::code).isEqualTo(ExitCode.USAGE);
    Heed.Result told = train("--data", data(), "--skip-bad-rows", "--steps", "2");
    assertThat(told.code()).as(told.messages()).isEqualTo(ExitCode.DONE);
    assertThat(told.messages())
        .contains("1 rows skipped, the first: ", "line 2: expected 2 columns: received 1")
        .contains("2 rows repeat an earlier text, 1 of them with another label");
  }

  /// The files are written by `tools/goldens/parquet.py`.
  @Test
  void parquetIsReadWithItsSnappyPages() throws IOException {
    for (String name : List.of("snappy", "snappy-v2")) {
      Path data = Path.of("src/test/resources/goldens/parquet").resolve(name + ".parquet");
      assertThat(train("--data", data.toString()).messages())
          .contains(name + ".parquet row 42: text must not be empty");
      Heed.Result result =
          train("--data", data.toString(), "--skip-bad-rows", "--steps", "2", "-o", folder(name));
      assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
      assertThat(result.messages())
          .contains("1 rows skipped", "53 texts (6 held out) with the labels [0, 1, 2]")
          .doesNotContain("INFO");
      byte[] whole = Files.readAllBytes(data);
      whole[600] ^= 0x55;
      Path damaged = Files.write(home.resolve("damaged.parquet"), whole);
      assertThat(train("--data", damaged.toString(), "-o", folder("none")).messages())
          .contains("damaged.parquet must be a Parquet file that can be read: ");
    }
  }

  @Test
  void wrongInputIsSaidBeforeAnythingIsTrained() throws IOException {
    assertThat(train("--steps", "2"))
        .extracting(Heed.Result::code, Heed.Result::messages)
        .containsExactly(ExitCode.USAGE, "heed: --data must name a file or folder of texts\n");
    assertThat(train("--data", folder("none.tsv")).code()).isEqualTo(ExitCode.MISSING);
    assertThat(train("--data", data(), "--features").messages())
        .contains("--features must stand with --from");
    assertThat(train("--data", data(), "--from", "nobody").code()).isEqualTo(ExitCode.MISSING);
    assertThat(train("--data", data(), "--columns", "stars,text").messages())
        .contains("must have the column stars: it has [");
    Path one = Files.writeString(home.resolve("one.tsv"), "pos\tone\n");
    assertThat(train("--data", one.toString()).messages())
        .contains("one.tsv must have two labels or more: received [pos]");
    assertThat(home.resolve(".heed/models/classify")).doesNotExist();
  }
}
