package dev.heed.cli;

/// How a `heed` command ended, for the shell that started it.
enum ExitCode {
  /// Everything asked for was done.
  DONE(0),
  /// Something went wrong that the user did not cause by the way they called.
  FAILED(1),
  /// The command line (or the environment or configuration that stands for it) is wrong.
  USAGE(2),
  /// A model or a file is missing.
  MISSING(3),
  /// A text is longer than the model takes.
  TOO_LONG(4),
  /// Ctrl-C.
  INTERRUPTED(130);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /// The number that the process returns.
  int code() {
    return code;
  }

  /// The exit code with this number.
  static ExitCode of(int code) {
    for (ExitCode known : values()) {
      if (known.code == code) {
        return known;
      }
    }
    throw new IllegalArgumentException("expected a known exit code: received " + code);
  }
}
