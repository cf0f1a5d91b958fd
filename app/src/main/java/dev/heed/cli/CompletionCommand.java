package dev.heed.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/// `heed completion SHELL`: a script that teaches a shell to complete `heed` by the tab key.
@Command(
    name = "completion",
    description = "Prints a script that completes heed in a shell.",
    footer = {
      "",
      "bash:  source <(heed completion bash)",
      "zsh:   source <(heed completion zsh)",
      "fish:  heed completion fish | source"
    })
final class CompletionCommand implements Callable<Integer> {
  private final HeedCommand heed;

  /// The shells that are known.
  enum Shell {
    BASH,
    ZSH,
    FISH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish")
  private Shell shell = Shell.BASH;

  CompletionCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() {
    CommandLine root = Main.commandLine(heed);
    String script =
        switch (shell) {
          // The script switches bash's completion on in zsh when it finds itself there.
          case BASH, ZSH -> AutoComplete.bash("heed", root);
          case FISH -> fish(root);
        };
    heed.out().print(script);
    return ExitCode.DONE.code();
  }

  private static String fish(CommandLine root) {
    StringBuilder script = new StringBuilder("# Completes heed in fish.\n");
    String noCommandYet = "__fish_use_subcommand";
    root.getSubcommands()
        .forEach((name, command) ->
            line(script, noCommandYet, "-f -a " + name, summary(command.getCommandSpec())));
    options(script, root.getCommandSpec(), null);
    root.getSubcommands()
        .forEach((name, command) -> {
          options(script, command.getCommandSpec(), "__fish_seen_subcommand_from " + name);
          command
              .getSubcommands()
              .forEach((inner, nested) ->
                  line(
                      script,
                      "__fish_seen_subcommand_from " + name,
                      "-f -a " + inner,
                      summary(nested.getCommandSpec())));
        });
    return script.toString();
  }

  private static void options(
      StringBuilder script, CommandSpec command, @Nullable String condition) {
    for (OptionSpec option : command.options()) {
      // Those of the root are offered everywhere already.
      if (condition != null && option.inherited()) {
        continue;
      }
      StringBuilder names = new StringBuilder();
      for (String name : option.names()) {
        names.append(names.isEmpty() ? "" : " ");
        names.append(name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1));
      }
      if (option.arity().max() > 0) {
        names.append(" -r");
      }
      String[] description = option.description();
      line(script, condition, names.toString(), description.length == 0 ? "" : description[0]);
    }
  }

  private static void line(
      StringBuilder script, @Nullable String condition, String what, String description) {
    script.append("complete -c heed ");
    if (condition != null) {
      script.append("-n ").append(quoted(condition)).append(' ');
    }
    script.append(what).append(" -d ").append(quoted(description)).append('\n');
  }

  private static String summary(CommandSpec command) {
    String[] description = command.usageMessage().description();
    return description.length == 0 ? "" : description[0];
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
