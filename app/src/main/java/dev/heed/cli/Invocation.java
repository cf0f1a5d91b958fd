package dev.heed.cli;

import dev.heed.cli.terminal.Terminal;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/// What one start of `heed` was given besides its arguments. Tests make their own.
///
/// @param in what is piped in
/// @param out where results go
/// @param messages where progress, notes and errors go
/// @param outTerminal finds the terminal behind `out`; asked only by what draws, because the first
///   native call costs more than the rest of a small command
/// @param messageTerminal finds the terminal behind `messages`
/// @param environment the environment variables
/// @param userHome the user's home folder
record Invocation(
    InputStream in,
    PrintStream out,
    PrintStream messages,
    Supplier<Terminal> outTerminal,
    Supplier<Terminal> messageTerminal,
    Map<String, String> environment,
    Path userHome) {

  /// This process's streams. Both are UTF-8: results are read by programs as well as by people.
  static Invocation ofProcess() {
    Map<String, String> environment = System.getenv();
    return new Invocation(
        System.in,
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        () -> Terminal.ofOutput(environment),
        () -> Terminal.ofError(environment),
        environment,
        // Java's own user.home comes from the password file, which HOME overrides in a shell.
        Path.of(environment.getOrDefault("HOME", System.getProperty("user.home"))));
  }

  /// Where models, caches and settings live: `HEED_HOME`, else `.heed` in the user's home.
  Path home() {
    String chosen = environment.get("HEED_HOME");
    return chosen == null || chosen.isEmpty() ? userHome.resolve(".heed") : Path.of(chosen);
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }
}
