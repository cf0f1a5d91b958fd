package dev.heed.cli;

import org.jspecify.annotations.Nullable;

/// Ends a command with one line on standard error and an exit code.
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;

  CommandFailure(ExitCode exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /// Something went wrong: exit code 1.
  static CommandFailure failed(String message, @Nullable Throwable cause) {
    return new CommandFailure(ExitCode.FAILED, message, cause);
  }

  /// The command was called wrongly: exit code 2.
  static CommandFailure usage(String message) {
    return new CommandFailure(ExitCode.USAGE, message, null);
  }

  /// A model or file is not there: exit code 3.
  static CommandFailure missing(String message) {
    return new CommandFailure(ExitCode.MISSING, message, null);
  }

  /// A text is longer than the model takes: exit code 4.
  static CommandFailure tooLong(String message) {
    return new CommandFailure(ExitCode.TOO_LONG, message, null);
  }

  /// What the process returns.
  ExitCode exitCode() {
    return exitCode;
  }
}
