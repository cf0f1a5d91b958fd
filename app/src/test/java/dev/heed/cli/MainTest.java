package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @TempDir private Path home;

  private Heed.Result heed(String... arguments) {
    return new Heed(home).run(arguments);
  }

  @Test
  void theVersionIsOneLineOnStandardOutput() {
    Heed.Result result = heed("--version");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).matches("heed \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R");
    assertThat(result.messages()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", ""})
  void helpListsTheCommandsAndSucceeds(String argument) {
    Heed.Result result = argument.isEmpty() ? heed() : heed(argument);
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out()).contains("config", "completion", "doctor", "--model", "--seed");
    assertThat(result.messages()).isEmpty();
  }

  @Test
  void everyCommandAnswersHelp() {
    HeedCommand heed =
        new HeedCommand(Invocation.ofProcess(), Settings.read(Invocation.ofProcess()));
    assertThat(Main.commandLine(heed).getSubcommands().keySet())
        .isNotEmpty()
        .allSatisfy(command -> {
          Heed.Result result = heed(command, "--help");
          assertThat(result.code()).isEqualTo(ExitCode.DONE);
          assertThat(result.out()).startsWith("Usage: heed " + command);
        });
  }

  @Test
  void aMisspeltOptionIsOneLineWithASuggestionAndExitCode2() {
    Heed.Result result = heed("config", "--sede", "3");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).isEmpty();
    assertThat(result.messages().lines()).hasSize(1);
    assertThat(result.messages())
        .startsWith("heed: unknown option")
        .contains("'--sede'", "did you mean", "--seed", "heed config --help");
  }

  @Test
  void aMisspeltCommandIsOneLineWithASuggestionAndExitCode2() {
    Heed.Result result = heed("docter");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages().lines()).hasSize(1);
    assertThat(result.messages()).contains("unknown command 'docter'; did you mean doctor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--seed=x", "--threads=0", "--precision=fp99", "--threads=-1"})
  void aValueThatDoesNotFitIsExitCode2(String option) {
    Heed.Result result = heed("config", option);
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages().lines()).hasSize(1);
    assertThat(result.messages()).contains(option.substring(0, option.indexOf('=')));
  }

  @Test
  void aMissingConfigurationFileIsExitCode3() {
    Heed.Result result = heed("--config", home.resolve("none.properties").toString(), "config");
    assertThat(result.code()).isEqualTo(ExitCode.MISSING);
    assertThat(result.messages()).startsWith("heed: no such configuration file").contains("none");
  }

  @Test
  void globalOptionsStandBeforeOrAfterTheCommand() {
    String before = heed("--seed", "77", "--precision", "bf16", "config").out();
    String after = heed("config", "--seed", "77", "--precision", "BF16").out();
    assertThat(before).isEqualTo(after).containsPattern("seed +77 +\\(flag --seed\\)");
  }

  @Test
  void stackTracesAreForVerboseOnly() {
    assertThat(heed("config", "--seed=x").messages()).doesNotContain("\tat ");
    assertThat(heed("config", "--seed=x", "--verbose").messages()).contains("\tat ");
  }
}
