package dev.heed.cli;

import dev.heed.hub.HubException;
import dev.heed.model.ModelException;
import dev.heed.tokenizer.TokenizerFormatException;
import dev.heed.weights.WeightsException;
import java.io.FileNotFoundException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns whatever a command threw into one line for the user and an exit code.
final class Failures {
  private Failures() {}

  /// Prints `failure` as one line (with its stack trace below when `verbose`) and says how to exit.
  static ExitCode report(Throwable failure, PrintStream messages, boolean verbose) {
    CommandFailure named = name(failure);
    messages.println("heed: " + oneLine(String.valueOf(named.getMessage())));
    if (verbose) {
      failure.printStackTrace(messages);
    }
    return named.exitCode();
  }

  private static CommandFailure name(Throwable failure) {
    return switch (failure) {
      case CommandFailure known -> known;
      case UncheckedIOException wrapped when wrapped.getCause() != null -> name(wrapped.getCause());
      case ParameterException wrong -> CommandFailure.usage(usage(wrong));
      case NoSuchFileException e ->
          CommandFailure.missing(
              "no such file: "
                  + e.getFile()
                  + (e.getReason() == null ? "" : " (" + e.getReason() + ")"));
      case FileNotFoundException e -> CommandFailure.missing("no such file: " + e.getMessage());
      case AccessDeniedException e -> CommandFailure.failed("access denied: " + e.getFile(), e);
      case FileAlreadyExistsException e ->
          CommandFailure.failed("already there: " + e.getFile(), e);
      case HubException e ->
          new CommandFailure(
              e.status() == 401 || e.status() == 404 ? ExitCode.MISSING : ExitCode.FAILED,
              String.valueOf(e.getMessage()),
              e);
      case OutOfMemoryError e ->
          CommandFailure.failed("out of memory (" + e.getMessage() + "); heed doctor", e);
      case ModelException e -> CommandFailure.failed(String.valueOf(e.getMessage()), e);
      case WeightsException e -> CommandFailure.failed(String.valueOf(e.getMessage()), e);
      case TokenizerFormatException e -> CommandFailure.failed(String.valueOf(e.getMessage()), e);
      case IllegalArgumentException e when e.getMessage() != null ->
          CommandFailure.failed(e.getMessage(), e);
      case IllegalStateException e when e.getMessage() != null ->
          CommandFailure.failed(e.getMessage(), e);
      // The type says more than a message such as "3" or "null" would alone.
      default ->
          CommandFailure.failed(
              failure.getClass().getSimpleName()
                  + (failure.getMessage() == null ? "" : ": " + failure.getMessage())
                  + " (--verbose shows where)",
              failure);
    };
  }

  private static String usage(ParameterException wrong) {
    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
    String message = String.valueOf(wrong.getMessage());
    String suggestion = "";
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().getFirst();
      if (!first.startsWith("-") && !wrong.getCommandLine().getSubcommands().isEmpty()) {
        message = "unknown command '" + first + "'";
      }
      if (!unmatched.getSuggestions().isEmpty()) {
        suggestion = "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
      }
    }
    // "Unknown option: '--modle'" begins with a capital; ours are continuations of "heed: ".
    message = Character.toLowerCase(message.charAt(0)) + message.substring(1);
    return message + suggestion + " (see " + command + " --help)";
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
