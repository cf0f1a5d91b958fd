package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Runs the scripts of `tools/goldens` that open what Heed wrote with the real libraries.
final class Goldens {
  private Goldens() {}

  /// What the script said; the test is skipped where its Python is absent.
  static String check(String script, List<String> arguments)
      throws IOException, InterruptedException {
    Path python = python();
    assumeThat(python).as("the Python of tools/goldens/setup.sh").isExecutable();
    List<String> command = new ArrayList<>();
    command.add(python.toString());
    Path root = Path.of(System.getProperty("heed.root"));
    command.add(root.resolve("tools/goldens/" + script).toString());
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  /// Where `tools/goldens/setup.sh` puts it.
  private static Path python() {
    String folder = System.getenv("HEED_GOLDENS_VENV");
    String cache =
        Objects.requireNonNullElse(
            System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home") + "/.cache");
    return (folder == null ? Path.of(cache, "heed-goldens") : Path.of(folder))
        .resolve("bin/python");
  }
}
