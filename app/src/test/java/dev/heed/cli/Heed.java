package dev.heed.cli;

import dev.heed.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Runs `heed` inside the test's JVM and keeps what it prints.
final class Heed {
  private final Path home;
  private final Map<String, String> environment = new HashMap<>();
  private byte[] in = {};

  /// What one run left behind.
  record Result(ExitCode code, String out, String messages) {}

  Heed(Path home) {
    this.home = home;
  }

  Heed with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /// Pipes `text` in.
  Heed given(String text) {
    in = text.getBytes(StandardCharsets.UTF_8);
    return this;
  }

  Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    Invocation invocation =
        new Invocation(
            new ByteArrayInputStream(in),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(messages, true, StandardCharsets.UTF_8),
            () -> Terminal.none(80),
            () -> Terminal.none(80),
            environment,
            home);
    ExitCode code = Main.run(invocation, arguments);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), messages.toString(StandardCharsets.UTF_8));
  }
}
