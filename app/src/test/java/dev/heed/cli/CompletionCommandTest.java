package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionCommandTest {
  @TempDir private Path home;

  @Test
  void bashCompletesCommandsAndOptions() throws IOException, InterruptedException {
    assumeThat(Path.of("/bin/bash")).as("bash is not installed here").exists();
    Path script = home.resolve("heed-completion.bash");
    Files.writeString(script, new Heed(home).run("completion", "bash").out());
    assertThat(complete(script, "heed", "do")).isEqualTo("doctor");
    assertThat(complete(script, "heed", "doctor", "--form")).isEqualTo("--format");
  }

  private static String complete(Path script, String... words)
      throws IOException, InterruptedException {
    String line = String.join(" ", words);
    String commands =
        ". '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE='%s'; COMP_POINT=%d; "
            .formatted(script, line, words.length - 1, line, line.length());
    Process bash =
        new ProcessBuilder("/bin/bash", "-c", commands + "_complete_heed; echo \"${COMPREPLY[@]}\"")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String answer = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(answer).isZero();
    return answer.strip();
  }

  @Test
  void fishIsToldEveryCommandAndOption() {
    String script = new Heed(home).run("completion", "fish").out();
    assertThat(script.lines())
        .contains(
            "complete -c heed -n '__fish_use_subcommand' -f -a doctor -d 'Says what is in use on"
                + " this machine and why: kernels, memory, folders, terminal.'")
        .anyMatch(line -> line.contains("-l seed -r"))
        .anyMatch(line -> line.contains("'__fish_seen_subcommand_from doctor' -l format -r"))
        .allMatch(line -> line.startsWith("#") || line.startsWith("complete -c heed "));
  }

  @Test
  void anUnknownShellIsRefused() {
    Heed.Result result = new Heed(home).run("completion", "tcsh");
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages())
        .containsIgnoringCase("bash, zsh, fish")
        .contains("tcsh")
        .hasLineCount(1);
  }

  @Test
  void aShellMustBeNamed() {
    assertThat(new Heed(home).run("completion").code()).isEqualTo(ExitCode.USAGE);
  }
}
