package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.data.TextPairs;
import dev.heed.model.ConfigFile;
import dev.heed.task.TranslationTraining;
import dev.heed.task.Translator;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import dev.heed.weights.Checkpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A tiny translator of numbers into words, by the commands that a user types.
class TranslateCommandTest {
  private static final List<String> WORDS =
      List.of("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun");
  private static final List<String> SMALL =
      List.of(
          "--vocabulary",
          "300",
          "--width",
          "32",
          "--layers",
          "1",
          "--heads",
          "2",
          "--feed-forward",
          "64",
          "--max-length",
          "40",
          "--dropout",
          "0",
          "--tokens-per-step",
          "400",
          "--learning-rate",
          "0.01");

  @TempDir private static Path folder;

  private static Path pairs;
  private static Path model;
  private static Heed.Result trained;

  private static Heed heed() {
    return new Heed(folder).with("HEED_HOME", folder.toString());
  }

  private static String words(int number) {
    StringBuilder words = new StringBuilder();
    Integer.toString(number)
        .chars()
        .forEach(digit -> words.append(WORDS.get(digit - '0')).append(' '));
    return words.toString().strip();
  }

  private static String digits(int number) {
    return String.join(" ", Integer.toString(number).split(""));
  }

  @BeforeAll
  static void train() throws IOException {
    pairs = folder.resolve("numbers.tsv.gz");
    StringBuilder lines = new StringBuilder();
    IntStream.range(0, 900)
        .map(i -> 1000 + i * 7919 % 9000)
        .forEach(i -> lines.append(digits(i)).append('\t').append(words(i)).append('\n'));
    lines.append("nothing\t\n");
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    }
    Files.write(pairs, packed.toByteArray());
    model = folder.resolve("models/numbers");
    trained = train(model, "--steps", "250");
  }

  private static Heed.Result train(Path out, String... more) {
    return heed().run(arguments(out, more));
  }

  private static String[] arguments(Path out, String... more) {
    List<String> arguments =
        new java.util.ArrayList<>(
            List.of("train", "translate", "--data", pairs.toString(), "-o", out.toString()));
    arguments.addAll(SMALL);
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  @Test
  void aRunThatWasRefusedLeavesItsPlaceFree() {
    Path out = folder.resolve("refused");
    String[] tooShort = {
      "train", "translate", "--data", pairs.toString(), "-o", out.toString(), "--max-length", "2"
    };
    for (int i = 0; i < 2; i++) {
      Heed.Result refused = heed().run(tooShort);
      assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
      assertThat(refused.messages()).contains("--max-length must leave pairs");
    }
  }

  @Test
  void whatShapesANewModelIsPassedOverBesideAModelToBeginWith() {
    Heed.Result both =
        heed()
            .run("train", "translate", "--data", pairs.toString(), "--from", "x", "--width", "64");
    assertThat(both.messages()).contains("--width is passed over").contains("x");
  }

  @Test
  void whatIsTrainedTranslatesWhatItNeverSaw() {
    assertThat(trained.messages()).contains("passed over, without text on one side: 1");
    assertThat(trained.code()).as(trained.messages()).isEqualTo(ExitCode.DONE);
    double bleu = Double.parseDouble(trained.out().replaceAll("(?s)BLEU ([0-9.]+) .*", "$1"));
    assertThat(bleu).isGreaterThan(80);
    assertThat(heed().run("translate", "4 0 7 1", "--model", "numbers").out())
        .isEqualTo("vier null sieben eins\n");
    assertThat(heed().given("4 0 7 1\n\n1 2 3 9\n").run("translate", "--model", "numbers").out())
        .isEqualTo("vier null sieben eins\n\neins zwei drei neun\n");
  }

  @Test
  void answersAsJsonAreTranslationsWithScores() {
    Heed.Result one = heed().run("translate", "1 2 3 9", "--model", "numbers", "--format", "json");
    ConfigFile answer = ConfigFile.parse("answer", one.out().getBytes(StandardCharsets.UTF_8));
    assertThat(answer.string("translation")).isEqualTo("eins zwei drei neun");
    assertThat(answer.number("score")).isNegative();
    assertThat(heed().run("translate", "1", "2", "--model", "numbers", "--format", "json").out())
        .startsWith("[");
    String lines =
        heed()
            .run("translate", "1", "2", "--model", "numbers", "--format", "jsonl", "--beams", "1")
            .out();
    assertThat(lines.lines()).hasSize(2).allMatch(line -> line.startsWith("{\"translation\":"));
  }

  @Test
  void theRunFolderHoldsTheModelItsFiguresAndHowItWasMade() throws IOException {
    assertThat(model)
        .isDirectoryContaining("glob:**run.json")
        .isDirectoryContaining("glob:**metrics.jsonl")
        .isDirectoryContaining("glob:**curves.svg")
        .isDirectoryContaining("glob:**tokenizer.json")
        .isDirectoryNotContaining("glob:**latest");
    ConfigFile run = ConfigFile.read(model.resolve("run.json"));
    Map<?, ?> figures = (Map<?, ?>) Objects.requireNonNull(run.values().get("figures"));
    assertThat(figures.get("signature")).isEqualTo("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
    assertThat(Files.readString(model.resolve("README.md")))
        .contains("pipeline_tag: translation", "BLEU ", run.string("command"));
    assertThat(ConfigFile.read(model.resolve("config.json")).strings("architectures"))
        .containsExactly("MarianMTModel");
  }

  @Test
  void evaluateGivesTheFiguresOfAFile() {
    String[] evaluate = {"evaluate", "--model", "numbers", "--data", pairs.toString()};
    Heed.Result text = heed().run(evaluate);
    assertThat(text.code()).as(text.messages()).isEqualTo(ExitCode.DONE);
    assertThat(text.out())
        .startsWith("BLEU ")
        .contains("chrF2 ", "exact match ", "next-token accuracy ", "900 pairs");
    ConfigFile json =
        ConfigFile.parse(
            "answer",
            heed()
                .run(
                    "evaluate",
                    "--model",
                    "numbers",
                    "--data",
                    pairs.toString(),
                    "--format",
                    "json",
                    "--beams",
                    "1",
                    "--lowercase")
                .out()
                .getBytes(StandardCharsets.UTF_8));
    assertThat(json.number("bleu")).isGreaterThan(80);
    assertThat(json.number("chrf")).isGreaterThan(80);
    assertThat(json.number("exact_match")).isBetween(0.3, 1.0);
    assertThat(json.number("next_token_accuracy")).isBetween(0.9, 1.0);
    assertThat(json.number("nll")).isBetween(0.0, 0.5);
    assertThat(json.string("signature")).contains("case:lc");
  }

  /// An interrupted run is one whose folder has a checkpoint, and no figures in `run.json`.
  @Test
  void aRunThatWasInterruptedEndsWithTheSameBits() throws IOException {
    Path whole = folder.resolve("whole");
    assertThat(train(whole, "--steps", "20").code()).isEqualTo(ExitCode.DONE);
    Path parts = Files.createDirectory(folder.resolve("parts"));
    Files.writeString(
        parts.resolve("run.json"),
        Files.readString(whole.resolve("run.json")).replaceFirst(",\"figures\":.*", "}"));
    Files.copy(whole.resolve("tokenizer.json"), parts.resolve("tokenizer.json"));
    Files.copy(whole.resolve("tokenizer_config.json"), parts.resolve("tokenizer_config.json"));
    TranslationRun run = TranslationRun.of(RunFolder.read(parts, TranslationRun.TASK));
    TextPairs.Split split = run.pairs().split(run.validation(), 1000, run.settings().seed());
    TranslationTraining training =
        TranslationTraining.ofNewModel(
            run.architecture(), run.settings(), Tokenizer.load(parts), parts);
    training.run(
        split.learned(),
        split.heldOut(),
        new TrainingProgress() {
          @Override
          public void step(Step step) {
            if (step.step() == 7) {
              training.stop();
            }
          }
        });
    assertThat(parts).isDirectoryContaining("glob:**step-7");
    Heed.Result resumed = heed().run("train", "translate", "--resume", parts.toString());
    assertThat(resumed.code()).as(resumed.messages()).isEqualTo(ExitCode.DONE);
    Checkpoint expected = Checkpoint.open(whole);
    Checkpoint received = Checkpoint.open(parts);
    expected
        .names()
        .forEach(name ->
            assertThat(received.tensor(name).sameAs(expected.tensor(name))).as(name).isTrue());
    assertThat(heed().run("train", "translate", "--resume", parts.toString()).messages())
        .contains("is finished: nothing to resume");
  }

  @ParameterizedTest
  @CsvSource({
    "--learned-positions, BartForConditionalGeneration",
    "--pre-norm, PegasusForConditionalGeneration",
    "--key-width 6, HeedMTModel",
  })
  void theShapeMayBeAnother(String option, String architecture) {
    Path other = folder.resolve(architecture);
    Heed.Result result = train(other, (option + " --label-smoothing 0 --steps 2").split(" "));
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(ConfigFile.read(other.resolve("config.json")).strings("architectures"))
        .containsExactly(architecture);
    assertThat(ConfigFile.read(other.resolve("run.json")).string("command"))
        .contains(option + " --steps 2 ", " --label-smoothing 0.0 ");
    ConfigFile evaluated =
        ConfigFile.parse(
            "answer",
            heed()
                .run(
                    "evaluate",
                    "--model",
                    other.toString(),
                    "--data",
                    pairs.toString(),
                    "--format",
                    "json")
                .out()
                .getBytes(StandardCharsets.UTF_8));
    assertThat(evaluated.number("pairs")).isEqualTo(900);
    assertThat(train(folder.resolve("two"), "--pre-norm", "--learned-positions").messages())
        .contains("at most one of --key-width (1 or more), --learned-positions and --pre-norm");
  }

  @Test
  void theTokenizerMayBeOnesOwn() throws IOException {
    Path text = Files.writeString(folder.resolve("words.txt"), "4 0 7 1 vier null sieben eins\n");
    Path own = folder.resolve("own.json");
    String tokenizer = "train tokenizer --data %s --kind %s --vocabulary 300 -o %s";
    heed()
        .run(
            (tokenizer.formatted(text, "bpe", own) + " --special-token </s> --special-token <pad>")
                .split(" "));
    Path out = folder.resolve("own-tokens");
    Heed.Result result = train(out, "--tokenizer", own.toString(), "--steps", "2");
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    assertThat(ConfigFile.read(out.resolve("run.json")).string("command"))
        .contains(" --tokenizer '" + own + "' ")
        .doesNotContain("--vocabulary");
    Tokenizer saved = Tokenizer.load(out);
    assertThat(saved.vocabularySize()).isEqualTo(Tokenizer.load(own).vocabularySize());
    assertThat(saved.encode("vier eins").tokens()).hasSizeGreaterThan(2).endsWith("</s>");
    Path again = folder.resolve("own-tokens-again");
    assertThat(train(again, "--tokenizer", out.toString(), "--steps", "2").code())
        .isEqualTo(ExitCode.DONE);
    assertThat(again.resolve("tokenizer.json"))
        .hasSameTextualContentAs(out.resolve("tokenizer.json"));
  }

  @ParameterizedTest
  @CsvSource({"bpe, expected a special token", "wordpiece, received one that adds [CLS] [SEP]"})
  void aTokenizerThatCannotEndTextsIsRefused(String kind, String message) throws IOException {
    Path text = Files.writeString(folder.resolve("few.txt"), "4 0 7 1 vier null sieben eins\n");
    Path without = folder.resolve(kind + ".json");
    String tokenizer = "train tokenizer --data %s --kind %s --vocabulary 300 -o %s";
    heed().run(tokenizer.formatted(text, kind, without).split(" "));
    Path out = folder.resolve("refused-" + kind);
    Heed.Result refused = train(out, "--tokenizer", without.toString());
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.messages()).contains("--tokenizer", message);
    assertThat(out).doesNotExist();
  }

  @Test
  void aTranslatorLearnsOn() throws IOException {
    Path louder = folder.resolve("louder.tsv");
    StringBuilder lines = new StringBuilder();
    IntStream.range(0, 300)
        .map(i -> 1000 + i * 7919 % 9000)
        .forEach(i -> lines.append(digits(i)).append('\t').append(words(i)).append(" !\n"));
    Files.writeString(louder, lines);
    Path on = folder.resolve("on");
    String arguments =
        "train translate --data %s -o %s --from numbers --steps 40 --tokens-per-step 400"
                .formatted(louder, on)
            + " --learning-rate 0.003 --format json";
    Heed.Result result = heed().run(arguments.split(" "));
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    ConfigFile figures = ConfigFile.parse("answer", result.out().getBytes(StandardCharsets.UTF_8));
    assertThat(figures.number("nll")).isLessThan(figures.number("nll_before") / 2);
    assertThat(heed().run("translate", "4 0 7 1", "--model", on.toString()).out()).endsWith(" !\n");
    assertThat(on.resolve("README.md")).content().contains("numbers");
    assertThat(Checkpoint.open(on).names()).isEqualTo(Checkpoint.open(model).names());
    assertThat(on.resolve("tokenizer.json"))
        .hasSameTextualContentAs(model.resolve("tokenizer.json"));
    assertThat(on.resolve("generation_config.json"))
        .hasSameTextualContentAs(model.resolve("generation_config.json"));
  }

  @Test
  void textsThatAreTooLongAreRefusedUnlessTheyMayBeCut() {
    String text = "7 ".repeat(60);
    Heed.Result refused = heed().run("translate", text, "--model", "numbers");
    assertThat(refused.code()).isEqualTo(ExitCode.TOO_LONG);
    assertThat(refused.messages()).contains("at most 40 tokens: received");
    assertThat(heed().run("translate", text, "--model", "numbers", "--truncate").code())
        .isEqualTo(ExitCode.DONE);
  }

  @Test
  void wrongFilesAreRefused() throws IOException {
    Path one = Files.writeString(folder.resolve("one.txt"), "a\nb\n");
    Path other = Files.writeString(folder.resolve("other.txt"), "a\n");
    assertThat(
            heed()
                .run("train", "translate", "--source", one.toString(), "--target", other.toString())
                .messages())
        .contains("must have as many lines: received more than 1 of one");
    Path tsv = Files.writeString(folder.resolve("one.tsv"), "a\n");
    assertThat(heed().run("train", "translate", "--data", tsv.toString()).code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(heed().run("train", "translate").messages()).contains("give --data");
    assertThat(heed().run("train", "translate", "--data", "missing.tsv").code())
        .isEqualTo(ExitCode.MISSING);
    assertThat(train(model).messages()).contains("-o must be new or empty");
    assertThat(
            heed()
                .run(
                    "train",
                    "translate",
                    "--data",
                    pairs.toString(),
                    "--width",
                    "33",
                    "--heads",
                    "3")
                .messages())
        .contains("--width must be even");
  }

  @Test
  void theJavaApiOpensTheSameModel() {
    Translator translator = Translator.load(model);
    assertThat(translator.translate("4 0 7 1").text()).isEqualTo("vier null sieben eins");
    assertThat(translator.beams().beams()).isEqualTo(4);
    // Alone or among others, with one beam or several.
    List<Translator.Translation> all = translator.translate(List.of("1", "4 0 7 1", "", "2 5 8"));
    assertThat(all.get(1)).isEqualTo(translator.translate("4 0 7 1"));
    assertThat(all.get(2).text()).isEmpty();
  }
}
