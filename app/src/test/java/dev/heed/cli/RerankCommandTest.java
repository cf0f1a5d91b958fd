package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Initializer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RerankCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void saveATinyCrossEncoder() throws IOException {
    Tokenizer tokenizer = WordPieceTrainer.of(60).train(List.of("the train left", "a bus came"));
    var block = new BlockConfiguration(16, 2, 32, Activation.GELU, false, 0, 0, 1e-12);
    var configuration = BertConfiguration.bert(tokenizer.vocabularySize(), 32, 2, 1, block);
    Initializer initializer = Initializer.seeded(3);
    var encoder = new Bert(configuration, false, initializer);
    SequenceClassifier.of(encoder, List.of("score"), false, initializer).save(folder);
    tokenizer.save(folder);
  }

  private Heed.Result run(String... arguments) {
    return new Heed(folder).run(arguments);
  }

  @Test
  void theBestTextComesFirst() {
    Heed.Result result =
        run("rerank", "the train", "a bus came", "the train left", "--model", folder.toString());
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    List<String> lines = result.out().lines().toList();
    assertThat(lines).hasSize(2).allMatch(line -> line.matches(" 0\\.\\d{4}  (a bus|the train).*"));
    assertThat(lines.get(0).substring(0, 7)).isGreaterThanOrEqualTo(lines.get(1).substring(0, 7));
    String json =
        run(
                "rerank",
                "the train",
                "a bus came",
                "the train left",
                "--top",
                "1",
                "--format",
                "jsonl",
                "--model",
                folder.toString())
            .out();
    assertThat(json)
        .matches("\\{\"results\":\\[\\{\"text\":\"[a-z ]+\",\"score\":0\\.\\d+}]}\n")
        .contains(lines.getFirst().substring(9));
  }

  @Test
  void aCrossEncoderMustBeNamed() {
    Heed.Result result = run("rerank", "the train", "a bus came");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("--model").contains("cross-encoder");
    assertThat(run("rerank", "--model", folder.toString()).code()).isEqualTo(ExitCode.USAGE);
  }
}
