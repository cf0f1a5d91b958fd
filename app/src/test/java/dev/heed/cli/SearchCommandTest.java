package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `heed index` and `heed search`.
class SearchCommandTest {
  @TempDir Path folder;

  private static Heed heed() {
    return new Heed(EmbedCommandTest.HOME).with("HEED_HOME", EmbedCommandTest.HOME.toString());
  }

  @BeforeEach
  void documents() throws IOException {
    Path outer = folder.resolve("documents");
    Path documents = Files.createDirectories(outer.resolve("inner"));
    Files.writeString(
        outer.resolve("travel.txt"),
        "Trains to the coast leave every hour.\n\nTickets are sold\nat the counter.\n");
    Files.writeString(documents.resolve("food.md"), "# Bread\n\nKnead flour, water and salt.\n");
    Files.writeString(documents.resolve(".hidden"), "Trains, trains, trains.\n");
    Files.write(
        documents.resolve("picture.png"), "\u00ff\u00d8".getBytes(StandardCharsets.ISO_8859_1));
  }

  private Heed.Result index() {
    return heed().run("index", path("documents"), "-o", path("index"));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void documentsAreFoundByMeaning() {
    Heed.Result made = index();
    assertThat(made.code()).isEqualTo(ExitCode.DONE);
    assertThat(made.messages())
        .contains("left out, since it is not text in UTF-8: " + path("documents/inner/picture.png"))
        .contains("4 passages of 2 documents are in " + path("index"));
    Heed.Result found =
        heed().run("search", "--index", path("index"), "railway timetable", "--top", "1");
    assertThat(found.code()).isEqualTo(ExitCode.DONE);
    assertThat(found.out())
        .matches(" 0\\.\\d{4}  .*travel\\.txt:1  Trains to the coast leave every hour\\.\n");
  }

  @Test
  void jsonHasTextSourceAndScore() {
    index();
    String out =
        heed()
            .run("search", "baking", "--index", path("index"), "--format", "jsonl", "--top", "2")
            .out();
    assertThat(out)
        .startsWith("{\"results\":[{\"text\":\"# Bread\",\"source\":\"")
        .doesNotContain("hidden");
    assertThat(out)
        .matches(
            ".*\"text\":\"Knead flour, water and salt\\.\",\"source\":\"[^\"]*food\\.md:3\","
                + "\"score\":0\\.\\d+}]}\n");
  }

  @Test
  void whatIsMissingIsSaid() {
    Heed.Result none = heed().run("search", "x", "--index", path("nowhere"));
    assertThat(none.code()).isEqualTo(ExitCode.MISSING);
    assertThat(none.messages()).contains("no index in " + path("nowhere")).contains("heed index");
    Heed.Result file = heed().run("index", path("nothing.txt"), "-o", path("index"));
    assertThat(file.code()).isEqualTo(ExitCode.MISSING);
    assertThat(file.messages()).contains("nothing.txt");
    assertThat(heed().run("index", path("documents/inner/picture.png"), "-o", path("i")).code())
        .isEqualTo(ExitCode.FAILED);
    assertThat(heed().run("search", "x", "--index", path("index"), "--top", "0").messages())
        .contains("--top must be 1 or more: received 0");
  }
}
