package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
  @TempDir private Path home;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(home.resolve(name), content);
  }

  @Test
  void aFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault() throws IOException {
    String file = file("my.properties", "seed = 3\nthreads = 5\nprecision = bf16\n").toString();
    Heed.Result result =
        new Heed(home)
            .with("HEED_SEED", "4")
            .with("HEED_THREADS", "6")
            .run("config", "--config", file, "--seed", "5");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    assertThat(result.out())
        .containsPattern("seed +5 +\\(flag --seed\\)")
        .containsPattern("threads +6 +\\(environment variable HEED_THREADS\\)")
        .containsPattern("precision +bf16 +\\(configuration file .*my.properties\\)")
        .containsPattern("offline +false +\\(default\\)");
  }

  @Test
  void aFlagBeforeTheCommandBeatsTheEnvironmentToo() {
    Heed.Result result = new Heed(home).with("HEED_SEED", "4").run("--seed", "5", "config");
    assertThat(result.out()).containsPattern("seed +5 +\\(flag --seed\\)");
  }

  @Test
  void aFileInTheHomeFolderIsFound() throws IOException {
    Path heedHome = Files.createDirectories(home.resolve(".heed"));
    Files.writeString(heedHome.resolve("heed.properties"), "model = my-model\n");
    assertThat(new Heed(home).run("config").out())
        .containsPattern("model +my-model +\\(configuration file .*heed.properties\\)")
        .containsPattern("config .*heed.properties +\\(found in the home folder\\)");
  }

  @Test
  void theEnvironmentMayNameHomeAndFile() throws IOException {
    Path file = file("x.properties", "seed=9");
    Heed.Result result =
        new Heed(home)
            .with("HEED_HOME", home.resolve("elsewhere").toString())
            .with("HEED_CONFIG", file.toString())
            .run("config");
    assertThat(result.out())
        .containsPattern("home .*elsewhere +\\(environment variable HEED_HOME\\)")
        .containsPattern("config .*x.properties +\\(environment variable HEED_CONFIG\\)")
        .containsPattern("seed +9 ");
  }

  @Test
  void switchesAreReadFromTheEnvironmentAndStayOnWhenGivenAgain() {
    assertThat(new Heed(home).with("HEED_OFFLINE", "1").run("config").out())
        .containsPattern("offline +true +\\(environment variable HEED_OFFLINE\\)");
    assertThat(new Heed(home).with("HEED_OFFLINE", "true").run("config", "--offline").out())
        .containsPattern("offline +true +\\(flag --offline\\)");
  }

  @Test
  void aSwitchThatIsNeitherTrueNorFalseIsRefused() {
    Heed.Result result = new Heed(home).with("HEED_QUIET", "perhaps").run("config");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("expected true or false", "perhaps", "HEED_QUIET");
  }

  @Test
  void anUnknownNameInTheFileIsRefused() throws IOException {
    String file = file("my.properties", "sede = 3\n").toString();
    Heed.Result result = new Heed(home).run("config", "--config=" + file);
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("'sede'", "my.properties", "seed").hasLineCount(1);
  }

  @Test
  void aValueInTheEnvironmentThatDoesNotFitIsRefused() {
    Heed.Result result = new Heed(home).with("HEED_THREADS", "many").run("config");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("--threads", "many").hasLineCount(1);
  }

  @Test
  void optionsOfSingleCommandsShowWhereTheyAreSet() {
    assertThat(new Heed(home).with("HEED_FORMAT", "text").run("config").out())
        .containsPattern("format +text +\\(environment variable HEED_FORMAT\\)");
    assertThat(new Heed(home).run("config").out()).doesNotContain("format");
  }

  @Test
  void jsonKeepsNumbersAndTruths() {
    String json = new Heed(home).run("config", "--format", "jsonl", "--seed", "12").out();
    assertThat(json)
        .contains("\"seed\":{\"value\":12,\"why\":\"flag --seed\"}")
        .contains("\"quiet\":{\"value\":false,")
        .contains("\"model\":{\"value\":null,")
        .hasLineCount(1);
  }

  @Test
  void theEndingOfTheOutputFileChoosesTheForm() throws IOException {
    Path file = home.resolve("config.json");
    Heed.Result result = new Heed(home).run("config", "-o", file.toString());
    assertThat(result.out()).isEmpty();
    assertThat(Files.readString(file)).startsWith("{").contains("\"seed\"");
    assertThat(home.toFile().list()).containsExactly("config.json");
  }

  @Test
  void anOutputFileInNoFolderIsExitCode3() {
    Heed.Result result =
        new Heed(home).run("config", "-o", home.resolve("none/config.json").toString());
    assertThat(result.code()).isEqualTo(ExitCode.MISSING);
    assertThat(result.messages()).contains("no such folder").hasLineCount(1);
  }
}
