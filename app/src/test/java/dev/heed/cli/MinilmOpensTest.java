package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.task.MiniLm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// The directory of minilm opens in sentence-transformers and gives the same vectors there.
@EnabledIfSystemProperty(named = "heed.full", matches = "true")
class MinilmOpensTest {
  @TempDir private Path folder;

  @Test
  void sentenceTransformersGivesTheSameVectors() throws Exception {
    Path texts =
        Files.write(
            folder.resolve("texts.txt"),
            List.of(
                "The weather is lovely today.",
                "He drove to the stadium.",
                "Über café naïve 日本 😀",
                "word ".repeat(400).strip()));
    Path vectors = folder.resolve("vectors.jsonl");
    Heed.Result result =
        new Heed(EmbedCommandTest.HOME)
            .with("HEED_HOME", EmbedCommandTest.HOME.toString())
            .run("embed", "--input", texts.toString(), "-o", vectors.toString());
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    List<String> arguments =
        List.of(
            MiniLm.directory(EmbedCommandTest.HOME).toString(),
            texts.toString(),
            vectors.toString());
    assertThat(Goldens.check("check_minilm_opens.py", arguments)).contains("4 vectors agree");
  }
}
