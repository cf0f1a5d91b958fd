package dev.heed.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `heed compare …`: what came before the Transformer and what came after, on a user's data.
@Command(
    name = "compare",
    description =
        "Trains models of every age on one's own data and compares them: heed compare classify,"
            + " heed compare translate.")
final class CompareCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  /// The command with its subcommands. A new one is one line here.
  static CommandLine commandLine(HeedCommand heed) {
    return new CommandLine(new CompareCommand())
        .addSubcommand("classify", new CompareClassifyCommand(heed))
        .addSubcommand("translate", new CompareTranslateCommand(heed));
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "say what to compare: " + String.join(", ", spec.subcommands().keySet()));
    }
  }
}
