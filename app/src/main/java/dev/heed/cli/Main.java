package dev.heed.cli;

import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.OptionSpec;

/// Where the `heed` command starts.
public final class Main {
  private Main() {}

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    Invocation invocation = Invocation.ofProcess();
    ExitCode code = run(invocation, arguments);
    invocation.out().flush();
    invocation.messages().flush();
    System.exit(code.code());
  }

  /// Runs one command.
  static ExitCode run(Invocation invocation, String... arguments) {
    boolean verbose = java.util.List.of(arguments).contains("--verbose");
    try {
      Settings settings = Settings.read(invocation, arguments);
      HeedCommand heed = new HeedCommand(invocation, settings);
      CommandLine commandLine = commandLine(heed);
      settings.checkNames(settingNames(commandLine));
      if (arguments.length == 0) {
        commandLine.usage(invocation.out(), Ansi.OFF);
        return ExitCode.DONE;
      }
      int code = commandLine.execute(arguments);
      for (ExitCode known : ExitCode.values()) {
        if (known.code() == code) {
          return known;
        }
      }
      throw new IllegalStateException("a command ended with the unknown exit code " + code);
    } catch (Throwable failure) {
      return Failures.report(failure, invocation.messages(), verbose);
    }
  }

  /// The command tree. A new command is one line here.
  static CommandLine commandLine(HeedCommand heed) {
    CommandLine commandLine =
        new CommandLine(heed)
            .addSubcommand(new ConfigCommand(heed))
            .addSubcommand(new CompletionCommand(heed))
            .addSubcommand(new DoctorCommand(heed));
    PrintStream messages = heed.invocation().messages();
    return commandLine
        .setDefaultValueProvider(heed.settings())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setOut(new java.io.PrintWriter(heed.out(), true))
        .setErr(new java.io.PrintWriter(messages, true))
        .setParameterExceptionHandler(
            (failure, arguments) ->
                Failures.report(failure, messages, flagged(arguments, "--verbose")).code())
        .setExecutionExceptionHandler(
            (failure, command, result) ->
                Failures.report(failure, messages, heed.verbose()).code());
  }

  /// The names of all options of all commands, as the configuration file may set them.
  static Set<String> settingNames(CommandLine commandLine) {
    Set<String> names = new HashSet<>();
    for (OptionSpec option : commandLine.getCommandSpec().options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        names.add(Settings.key(option));
      }
    }
    commandLine.getSubcommands().values().forEach(sub -> names.addAll(settingNames(sub)));
    names.remove("config");
    return names;
  }

  private static boolean flagged(String[] arguments, String flag) {
    return java.util.List.of(arguments).contains(flag);
  }
}
