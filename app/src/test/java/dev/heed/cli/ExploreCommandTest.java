package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.data.TextPairs;
import dev.heed.task.ExploredModel;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExploreCommandTest {
  @TempDir private Path home;

  private Heed.Result run(String... arguments) {
    return new Heed(home).run(arguments);
  }

  @Test
  void whatCannotBeIsSaidBeforeAnythingIsServed() {
    Heed.Result port = run("explore", "--port", "70000");
    assertThat(port.code()).isEqualTo(ExitCode.USAGE);
    assertThat(port.messages()).contains("--port must be in 0…65535: received 70000");
    Heed.Result folder = run("explore", "--run", home.resolve("nothing").toString());
    assertThat(folder.code()).isEqualTo(ExitCode.MISSING);
    Heed.Result model = run("explore", "--model", "nothing", "--no-browser");
    assertThat(model.code()).isEqualTo(ExitCode.MISSING);
    assertThat(model.messages()).contains("no model nothing");
  }

  @Test
  void numbersAreSpelledInBothLanguagesEachOnce() {
    List<TextPairs.Pair> pairs = NumbersTraining.pairs(1);
    assertThat(pairs)
        .contains(
            new TextPairs.Pair("twenty-four", "vierundzwanzig"),
            new TextPairs.Pair("zero", "null"),
            new TextPairs.Pair("nine hundred ninety-nine", "neunhundertneunundneunzig"))
        .doesNotHaveDuplicates()
        .hasSizeGreaterThan(5000)
        .isEqualTo(NumbersTraining.pairs(1))
        .isNotEqualTo(NumbersTraining.pairs(2));
  }

  @Test
  void theTranslatorOfNumbersIsTrainedAndOpens() throws IOException {
    HeedCommand heed =
        new HeedCommand(Invocation.ofProcess(), Settings.read(Invocation.ofProcess()));
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    Path run = home.resolve("run");
    NumbersTraining training = NumbersTraining.of(heed, run, 2, nowhere);
    assertThat(training.run(TrainingProgress.SILENT).finished()).isTrue();
    training.save(home.resolve("numbers"));
    assertThat(run.resolve("metrics.jsonl")).content().contains("\"step\":2");
    assertThat(Files.exists(home.resolve("numbers/config.json"))).isTrue();
    assertThat(ExploredModel.open(home.resolve("numbers")).kind())
        .isEqualTo(ExploredModel.Kind.ENCODER_DECODER);
  }
}
