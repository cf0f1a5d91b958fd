package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.task.LanguageModelTraining;
import dev.heed.tokenizer.BpeTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands of language models, with a model that knows nothing.
class ChatCommandTest {
  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role[0] }}:{{ m.content }} {% endfor %}a:";

  @TempDir private Path home;
  private Path directory;

  @BeforeEach
  void saveAModel() throws IOException {
    directory = home.resolve("model");
    var small = new LanguageModelTraining.Architecture(16, 1, 2, 64, 0);
    var settings = new LanguageModelTraining.Settings(64, 2, 64, 1e-2, 2, 1);
    List<String> texts = List.of("The train left the station.", "The bus left the town on time.");
    LanguageModelTraining.ofNewModel(small, settings, BpeTrainer.of(280).train(texts), null)
        .model()
        .save(directory);
  }

  private void giveATemplate() throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    String text = Files.readString(config);
    Files.writeString(config, "{\"chat_template\":\"" + TEMPLATE + "\"," + text.substring(1));
  }

  private Heed.Result run(String in, String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "--model";
    all[1] = directory.toString();
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return new Heed(home).given(in).run(all);
  }

  @Test
  void aConversationRemembersAndObeysItsCommands() throws IOException {
    giveATemplate();
    Heed.Result result =
        run(
            "hi\n/history\n/undo\n/history\n/retry\n/nonsense\n/help\n/quit\nnever said\n",
            "chat",
            "--max-tokens",
            "3",
            "--system",
            "be kind");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).contains("[system] be kind", "[user] hi", "[assistant] ");
    assertThat(result.out().split("\\[user] hi", -1)).as("after /undo no more").hasSize(2);
    assertThat(result.out()).contains("/retry           let the model answer once more");
    assertThat(result.out()).doesNotContain("never said");
    assertThat(result.messages()).contains("no such command: /nonsense");
  }

  @Test
  void aConversationThatIsTooLongIsRefusedOrForgotten() throws IOException {
    giveATemplate();
    String line = "the train left the station ".repeat(2);
    Heed.Result refused = run(line.repeat(9) + "\n", "chat", "--max-tokens", "2");
    assertThat(refused.messages()).contains("longer than the model's 64 tokens");
    Heed.Result forgotten =
        run((line + "\n").repeat(6) + "/history\n", "chat", "--max-tokens", "2", "--truncate");
    assertThat(forgotten.code()).isEqualTo(ExitCode.DONE);
    assertThat(forgotten.out().split("\\[user]", -1).length - 1).isBetween(1, 5);
  }

  @Test
  void whatIsSaidKeepsToAGrammarOrASchema() throws IOException {
    Path grammar = Files.writeString(home.resolve("g.gbnf"), "root ::= \"yes\" | \"n\" \"o\"{3,5}");
    assertThat(run("", "complete", "The train", "--grammar", grammar.toString()).out().strip())
        .matches("yes|no{3,5}");
    Path schema =
        Files.writeString(
            home.resolve("s.json"),
            "{\"type\":\"object\",\"properties\":{\"line\":{\"type\":\"integer\"}},\"required\":[\"line\"]}");
    String json = "\\{\\s*\"line\"\\s*:\\s*-?\\d+\\s*}";
    for (String seed : List.of("1", "2", "3")) {
      Heed.Result result =
          run(
              "",
              "complete",
              "The",
              "--json-schema",
              schema.toString(),
              "--temperature",
              "1",
              "--seed",
              seed);
      assertThat(result.out().strip()).matches(json);
    }
    giveATemplate();
    assertThat(run("hi\n", "chat", "--json-schema", schema.toString()).out().strip()).matches(json);
  }

  @Test
  void aGrammarThatCannotBeKeptToIsAnError() throws IOException {
    Path schema = Files.writeString(home.resolve("s.json"), "{\"not\":{}}");
    Heed.Result unknown = run("", "complete", "The", "--json-schema", schema.toString());
    assertThat(unknown.code()).isEqualTo(ExitCode.FAILED);
    assertThat(unknown.messages()).contains("JSON schema, #: not is not supported");
    Path grammar = Files.writeString(home.resolve("g.gbnf"), "root ::= \"a rather long answer\"");
    Heed.Result few =
        run("", "complete", "The", "--grammar", grammar.toString(), "--max-tokens", "2");
    assertThat(few.code()).isEqualTo(ExitCode.FAILED);
    assertThat(few.messages()).contains("--max-tokens 2 are too few");
    assertThat(run("", "complete", "x", "--grammar", grammar.toString(), "--words", "2").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(run("", "complete", "x", "--grammar", "no-such.gbnf").code())
        .isEqualTo(ExitCode.MISSING);
  }

  @Test
  void aModelGoesToAGgufFileAndBack() throws IOException {
    giveATemplate();
    String[] ask = {"complete", "The train", "--max-tokens", "8", "--precision", "fp32"};
    String expected = run("", ask).out();
    Path file = home.resolve("m.gguf");
    Path back = home.resolve("back");
    Heed heed = new Heed(home);
    Heed.Result there =
        heed.run("convert", directory.toString(), "-o", file.toString(), "--type", "F32");
    assertThat(there.messages()).contains("saved " + file);
    assertThat(heed.run("convert", file.toString(), "-o", back.toString()).code())
        .isEqualTo(ExitCode.DONE);
    for (Path model : List.of(file, back)) {
      assertThat(heed.run("attention", "The train", "--model", model.toString()).out())
          .contains("Layer 0, mean of");
      directory = model;
      assertThat(run("", ask).out()).isEqualTo(expected);
      assertThat(run("hi\n", "chat", "--max-tokens", "2").code()).isEqualTo(ExitCode.DONE);
    }
  }

  @Test
  void quantisedFilesAreSmallerAndWrongOnesAreRefused() throws IOException {
    Heed heed = new Heed(home);
    Path half = home.resolve("half.gguf");
    Path small = home.resolve("small.gguf");
    String from = directory.toString();
    assertThat(heed.run("quantize", from, "--type", "F16", "-o", half.toString()).messages())
        .contains("saved " + half);
    Heed.Result result =
        heed.run("quantize", half.toString(), "--type", "Q8_0", "-o", small.toString());
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(Files.size(small)).isLessThanOrEqualTo(Files.size(half));
    directory = small;
    assertThat(run("", "complete", "The", "--max-tokens", "2").code()).isEqualTo(ExitCode.DONE);
    assertThat(heed.run("quantize", from, "--type", "Q3_K", "-o", "x.gguf").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(heed.run("quantize", from, "--type", "Q4_0", "-o", "x").messages())
        .contains("-o must be a .gguf file");
    assertThat(heed.run("convert", small.toString(), "-o", small.toString()).code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aModelWithoutTemplateCannotConverse() {
    Heed.Result result = run("hi\n", "chat");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.messages()).contains("the model has no chat template");
  }

  @Test
  void aSearchWithBeamsTellsItsScoreAndLeavesNothingToChance() {
    Heed.Result result =
        run("", "complete", "The train", "--max-tokens", "3", "--beams", "3", "--format", "jsonl");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).containsPattern("\\{\"ids\":\\[.*],\"text\":.*,\"score\":-[\\d.E-]+}");
    Heed.Result chance = run("", "complete", "The", "--beams", "3", "--temperature", "1");
    assertThat(chance.code()).isEqualTo(ExitCode.USAGE);
    assertThat(chance.messages()).contains("--beams takes no --temperature");
  }

  @Test
  void aCompletionTellsAlternativesAndEndsBeforeStopTexts() {
    Heed.Result result =
        run(
            "",
            "complete",
            "The train",
            "--max-tokens",
            "2",
            "--logprobs",
            "3",
            "--format",
            "jsonl");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).containsPattern("\"alternatives\":\\[\\[\\{\"id\":\\d+,\"token\":");
    assertThat(run("", "complete", "x", "--stop", "").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("", "complete", "x", "--repetition-penalty", "0").code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void tokenIdsNeedNoTokenizer() throws IOException {
    Files.delete(directory.resolve("tokenizer.json"));
    Heed.Result result =
        run("", "complete", "--ids", "5,6,7", "--max-tokens", "2", "--format", "jsonl");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).contains("\"text\":\"\"");
    assertThat(run("", "complete", "The train").messages()).contains("no tokenizer");
  }

  @Test
  void aTextThatIsNotUtf8IsRefused() throws IOException {
    Path text = Files.write(home.resolve("latin1.txt"), new byte[] {'c', 'a', 'f', (byte) 0xe9});
    Heed.Result result = run("", "perplexity", "--input", text.toString());
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.messages()).contains("expected UTF-8 in " + text);
  }

  @Test
  void perplexityAndSpeedAreTold() throws IOException {
    Path text = home.resolve("text.txt");
    Files.writeString(text, "The train left the station. ".repeat(9));
    Heed.Result result =
        run("", "perplexity", "--input", text.toString(), "--context", "16", "--format", "jsonl");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out())
        .containsPattern("\\{\"perplexity\":[\\d.]+,\"nll\":[\\d.]+,\"tokens\":\\d+}");
    assertThat(run("", "perplexity", "--input", text.toString(), "--context", "999").code())
        .isEqualTo(ExitCode.USAGE);
    Heed.Result speed =
        run(
            "",
            "benchmark",
            "--prompt",
            "8",
            "--tokens",
            "4",
            "--repeat",
            "1",
            "--format",
            "jsonl");
    assertThat(speed.code()).isEqualTo(ExitCode.DONE);
    assertThat(speed.out()).contains("new_tokens_per_second", "peak_bytes");
  }

  @Test
  void aProfileSaysWhereTheTimeGoes() {
    Heed.Result profile = run("", "benchmark", "--profile", "--prompt", "8");
    assertThat(profile.code()).as(profile.messages()).isEqualTo(ExitCode.DONE);
    assertThat(profile.out())
        .containsPattern("This machine now: \\d+ GFLOP/s in a product of 1024")
        .containsPattern("\\| linear 384 → 1536 \\| 6 \\| [\\d.]+ \\| [\\d.]+ % \\| [\\d.]+")
        .containsPattern("\\| attentionBackward \\| 6 ")
        .contains("| matmul (gradients of weights) | ")
        .contains("Embeddings of 256 sentences by minilm", "outside of the kernels");
  }
}
