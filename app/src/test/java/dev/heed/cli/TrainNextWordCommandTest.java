package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainNextWordCommandTest {
  @TempDir private Path home;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = home.resolve("text.txt");
    Files.writeString(text, "The train left the station on time.\n".repeat(60));
  }

  private Heed.Result train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "next-word"));
    arguments.addAll(
        List.of("--width", "16", "--layers", "1", "--heads", "2", "--vocabulary", "280"));
    arguments.addAll(
        List.of("--context", "32", "--tokens-per-step", "128", "--dropout", "0", "--seed", "3"));
    arguments.addAll(Arrays.asList(more));
    return new Heed(home).run(arguments.toArray(String[]::new));
  }

  private String data() {
    return text.toString();
  }

  private String folder(String name) {
    return home.resolve(name).toString();
  }

  @Test
  void aModelIsTrainedThatCompleteThenUses() throws IOException {
    Heed.Result result = train("--data", data(), "--steps", "60", "--learning-rate", "0.02");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).matches("perplexity [1-4]\\.\\d+, 0\\.\\d+ bits a byte, .*\\n");
    Path model = home.resolve(".heed/models/next-word");
    assertThat(model.resolve("README.md"))
        .content()
        .contains("from nothing", "`text.txt`", "heed train next-word --data '" + text)
        .contains("perplexity ");
    assertThat(model.resolve("curves.svg")).content().contains("<polyline", "<circle");
    assertThat(model.resolve("run.json")).content().contains("\"figures\":{\"perplexity\":");
    try (var inside = Files.list(model)) {
      assertThat(inside.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("step-"))
          .contains("config.json", "model.safetensors", "tokenizer.json", "metrics.jsonl");
    }
    String next = new Heed(home).run("complete", "The train left the", "--words", "1").out();
    assertThat(next).contains("station");
  }

  @Test
  void theSameCommandMakesTheSameBits() {
    train("--data", data(), "-o", folder("one"), "--steps", "5");
    train("--data", data(), "-o", folder("two"), "--steps", "5", "--threads", "1");
    assertThat(home.resolve("one/model.safetensors"))
        .hasSameBinaryContentAs(home.resolve("two/model.safetensors"));
  }

  @Test
  void theTokenizerMayBeOnesOwn() throws IOException {
    String tokenizer = "train tokenizer --data %s --kind %s --vocabulary 270 -o %s";
    String own = folder("own.json");
    new Heed(home).run(tokenizer.formatted(data(), "bpe", own).split(" "));
    Heed.Result result =
        train("--data", data(), "-o", folder("one"), "--steps", "2", "--tokenizer", own);
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(home.resolve("one/tokenizer.json")).hasSameTextualContentAs(Path.of(own));
    assertThat(home.resolve("one/run.json")).content().contains(" --tokenizer '" + own + "' ");
    String other = folder("other.json");
    new Heed(home).run(tokenizer.formatted(data(), "wordpiece", other).split(" "));
    Heed.Result refused = train("--data", data(), "-o", folder("two"), "--tokenizer", other);
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.messages()).contains("must add nothing to texts", "[CLS] [SEP]");
    assertThat(home.resolve("two")).doesNotExist();
  }

  @Test
  void aModelGoesOnWithAnotherTextAndTellsBeforeAndAfter() throws IOException {
    train("--data", data(), "-o", folder("one"), "--steps", "20");
    Path packed = home.resolve("other.txt.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write("A song about a ship.\n".repeat(60).getBytes(StandardCharsets.UTF_8));
    }
    Heed.Result result =
        train(
            "--data",
            packed.toString(),
            "--from",
            folder("one"),
            "-o",
            folder("two"),
            "--steps",
            "60",
            "--learning-rate",
            "0.02");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).contains("before: perplexity ").contains("after:  perplexity ");
    String[] lines = result.out().split("\n");
    assertThat(perplexity(lines[1])).isLessThan(0.3 * perplexity(lines[0]));
  }

  private static double perplexity(String line) {
    return Double.parseDouble(line.replaceFirst(".*perplexity ([\\d.]+),.*", "$1"));
  }

  @Test
  void aLowRankUpdateIsTrainedResumedUsedAndMerged() throws IOException {
    train("--data", data(), "-o", folder("one"), "--steps", "30");
    Path other =
        Files.writeString(
            home.resolve("other.txt"), "The old radio played a sad song.\n".repeat(60));
    String[] asked = {
      "--data",
      other.toString(),
      "--from",
      folder("one"),
      "--lora",
      "--steps",
      "20",
      "-o",
      folder("two"),
      "--learning-rate",
      "0.02"
    };
    Heed.Result result = train(asked);
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(result.out())
        .contains("before: perplexity", "after:  perplexity", "words that gained most")
        .containsPattern("\n(radio|played|song|sad|old|The|a) +\\d+ +\\S+ +\\S+\n");
    assertThat(home.resolve("two/README.md"))
        .content()
        .contains("library_name: peft", "--from '" + folder("one") + "' --lora 8");
    assertThat(home.resolve("two/model.safetensors")).doesNotExist();
    Heed heed = new Heed(home);
    String[] use = {"complete", "The old", "--max-tokens", "6", "--model", folder("two")};
    String unmerged = heed.run(use).out();
    assertThat(heed.run("merge", "--model", folder("two"), "-o", folder("three")).code())
        .isEqualTo(ExitCode.DONE);
    use[5] = folder("three");
    assertThat(heed.run(use).out()).isEqualTo(unmerged);
    assertThat(heed.run("merge", "--model", folder("three"), "-o", folder("four")).messages())
        .contains("--model must name a low-rank update, a folder with an adapter_config.json");

    // As a killed run leaves its folder: asked, begun, without figures.
    Path again = Files.createDirectories(home.resolve("again"));
    String run = Files.readString(home.resolve("two/run.json"));
    Files.writeString(
        again.resolve("run.json"), run.substring(0, run.indexOf(",\"figures\"")) + "}");
    assertThat(train("--resume", again.toString()).code()).isEqualTo(ExitCode.DONE);
    assertThat(again.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(home.resolve("two/adapter_model.safetensors"));
    assertThat(train("--data", data(), "--lora").messages())
        .contains("--lora, --freeze and --prune must stand with --from");
    assertThat(train("--data", data(), "--from", folder("one"), "--freeze", "9").messages())
        .contains("the blocks to freeze must be in 1…1: received 9");
  }

  @Test
  void aPrunedHeadStaysOutWhileTheOthersLearn() {
    train("--data", data(), "-o", folder("one"), "--steps", "10");
    Heed.Result result =
        train(
            "--data",
            data(),
            "--from",
            folder("one"),
            "--prune",
            "0.1",
            "--steps",
            "5",
            "-o",
            folder("two"));
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(home.resolve("two/README.md")).content().contains("--prune 0.1");
    // GPT-2 stores [in, out]: the rows 8 … 15 are the second head's.
    float[] before = projection("one");
    float[] after = projection("two");
    for (int i = 0; i < 16 * 16; i++) {
      assertThat(after[i] == 0).as("row %d", i / 16).isEqualTo(i / 16 >= 8);
    }
    assertThat(before[15 * 16]).isNotZero();
    assertThat(train("--data", data(), "--from", folder("one"), "--prune", "0.2").messages())
        .contains("of a block in 0…0 and a head in 0…1: received 0.2");
    assertThat(train("--data", data(), "--from", folder("one"), "--prune", "x").messages())
        .contains("a head to prune must be LAYER.HEAD, such as 0.3: received x");
  }

  private float[] projection(String model) {
    return Checkpoint.open(home.resolve(model))
        .tensor("transformer.h.0.attn.c_proj.weight")
        .toFloats();
  }

  @Test
  void figuresAreJsonOnDemand() {
    Heed.Result result = train("--data", data(), "--steps", "2", "--format", "jsonl");
    assertThat(result.out())
        .matches("\\{\"perplexity\":[\\d.]+,\"nll\":[\\d.]+,\"bits_per_byte\":.*}\n");
  }

  @Test
  void wrongInputIsSaidBeforeAnythingIsTrained() throws IOException {
    assertThat(train("--steps", "2"))
        .extracting(Heed.Result::code, Heed.Result::messages)
        .containsExactly(
            ExitCode.USAGE, "heed: --data must name a file of text, or --resume a run\n");
    assertThat(train("--data", folder("none.txt")).code()).isEqualTo(ExitCode.MISSING);
    Files.write(home.resolve("latin1.txt"), new byte[] {'a', (byte) 0xE9, 'b'});
    assertThat(train("--data", folder("latin1.txt")).messages())
        .contains("latin1.txt: expected UTF-8, which it is not near line 1");
    Files.writeString(home.resolve("empty.txt"), "");
    assertThat(train("--data", folder("empty.txt")).messages())
        .contains("empty.txt must have text to learn from");
    Heed.Result odd =
        new Heed(home).run("train", "next-word", "--data", data(), "--width", "16", "--heads", "3");
    assertThat(odd.messages()).contains("--heads must divide --width").contains("received 3, 16");
    assertThat(train("--data", data(), "--from", "nobody").code()).isEqualTo(ExitCode.MISSING);
    train("--data", data(), "-o", folder("one"), "--steps", "1");
    Heed.Result longer =
        new Heed(home)
            .run(
                "train", "next-word", "--data", data(), "--from", folder("one"), "--context", "33");
    assertThat(longer.messages()).contains("the model takes at most 32 tokens");
    assertThat(home.resolve(".heed/models/next-word")).doesNotExist();
  }

  @Test
  void aFolderWithSomethingInItIsNotOverwritten() {
    train("--data", data(), "-o", folder("one"), "--steps", "1");
    assertThat(train("--data", data(), "-o", folder("one"), "--steps", "1").messages())
        .contains("-o must be new or empty");
    assertThat(train("--resume", folder("one")).messages()).contains("is finished");
    assertThat(train("--resume", folder("none")).code()).isEqualTo(ExitCode.MISSING);
  }

  @Test
  void recomputingChangesNothingButTheMemory() {
    Heed.Result plain = large("plain");
    Heed.Result less = large("less", "--recompute");
    assertThat(less.code()).as(less.messages()).isEqualTo(ExitCode.DONE);
    assertThat(home.resolve("less/model.safetensors"))
        .hasSameBinaryContentAs(home.resolve("plain/model.safetensors"));
    assertThat(activations(less)).isLessThan(activations(plain) / 2);
  }

  private Heed.Result large(String name, String... more) {
    List<String> asked = new ArrayList<>(List.of("train", "next-word", "--data", data()));
    asked.addAll(List.of("--width", "64", "--layers", "8", "--vocabulary", "257"));
    asked.addAll(List.of("--tokens-per-step", "1024", "--steps", "2", "-o", folder(name)));
    asked.addAll(Arrays.asList(more));
    return new Heed(home).run(asked.toArray(String[]::new));
  }

  /// Of a step, in megabytes.
  private static double activations(Heed.Result result) {
    Matcher told = Pattern.compile("activations of a step ([0-9.]+) MB").matcher(result.messages());
    assertThat(told.find()).as(result.messages()).isTrue();
    return Double.parseDouble(told.group(1));
  }

  @Test
  void thePrecisionIsPartOfTheRun() throws IOException {
    Heed.Result result =
        train("--data", data(), "--steps", "4", "--precision", "bf16", "-o", folder("half"));
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    Path run = home.resolve("half");
    assertThat(run.resolve("run.json")).content().contains("\"precision\":\"bf16\"");
    assertThat(run.resolve("README.md")).content().contains(" --precision bf16");
    Files.writeString(
        run.resolve("run.json"),
        Files.readString(run.resolve("run.json")).replaceFirst("\"figures\"", "\"before\""));
    Heed.Result other =
        new Heed(home).run("train", "next-word", "--resume", folder("half"), "--precision", "fp32");
    assertThat(other.code()).isEqualTo(ExitCode.USAGE);
    assertThat(other.messages()).contains("computes in bf16: it goes on with --precision bf16");
    Heed.Result same = new Heed(home).run("train", "next-word", "--resume", folder("half"));
    assertThat(same.code()).as(same.messages()).isEqualTo(ExitCode.DONE);
    assertThat(run.resolve("run.json")).content().contains("\"figures\"");
  }
}
