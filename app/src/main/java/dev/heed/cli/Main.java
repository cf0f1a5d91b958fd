package dev.heed.cli;

import dev.heed.tensor.Precision;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// Where the `heed` command starts.
public final class Main {
  /// The commands that write weights.
  private static final Set<String> WRITERS =
      Set.of("train", "compare", "merge", "convert", "quantize");

  // In the order of the help. A new command is one line here.
  private static final Map<String, Function<HeedCommand, Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("demo", DemoCommand::new);
    COMMANDS.put("complete", CompleteCommand::new);
    COMMANDS.put("embed", EmbedCommand::new);
    COMMANDS.put("similar", SimilarCommand::new);
    COMMANDS.put("translate", TranslateCommand::new);
    COMMANDS.put("index", IndexCommand::new);
    COMMANDS.put("search", SearchCommand::new);
    COMMANDS.put("rerank", RerankCommand::new);
    COMMANDS.put("sense", SenseCommand::new);
    COMMANDS.put("classify", ClassifyCommand::new);
    COMMANDS.put("tag", TagCommand::new);
    COMMANDS.put("attention", AttentionCommand::new);
    COMMANDS.put("explore", ExploreCommand::new);
    COMMANDS.put("evaluate", EvaluateCommand::new);
    COMMANDS.put("trace", TraceCommand::new);
    COMMANDS.put("chat", ChatCommand::new);
    COMMANDS.put("perplexity", PerplexityCommand::new);
    COMMANDS.put("benchmark", BenchmarkCommand::new);
    COMMANDS.put("tokenize", TokenizeCommand::new);
    COMMANDS.put("train", TrainCommand::commandLine);
    COMMANDS.put("pairs", PairsCommand::new);
    COMMANDS.put("compare", CompareCommand::commandLine);
    COMMANDS.put("convert", ConvertCommand::new);
    COMMANDS.put("quantize", QuantizeCommand::new);
    COMMANDS.put("merge", MergeCommand::new);
    COMMANDS.put("inspect", InspectCommand::new);
    COMMANDS.put("pull", PullCommand::new);
    COMMANDS.put("models", ModelsCommand::new);
    COMMANDS.put("config", ConfigCommand::new);
    COMMANDS.put("completion", CompletionCommand::new);
    COMMANDS.put("doctor", DoctorCommand::new);
  }

  private Main() {}

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    Invocation invocation = Invocation.ofProcess();
    ExitCode code = run(invocation, arguments);
    invocation.out().flush();
    invocation.messages().flush();
    Interruption.mainEnded();
    System.exit(code.code());
  }

  /// Runs one command.
  static ExitCode run(Invocation invocation, String... arguments) {
    try {
      Settings settings = Settings.read(invocation, arguments);
      HeedCommand heed = new HeedCommand(invocation, settings);
      settings.checkNames(() -> settingNames(commandLine(heed, COMMANDS.keySet())));
      CommandLine commandLine = commandLine(heed, needed(arguments));
      if (arguments.length == 0) {
        commandLine.usage(invocation.out(), Ansi.OFF);
        return ExitCode.DONE;
      }
      return ExitCode.of(commandLine.execute(arguments));
    } catch (Throwable failure) {
      return Failures.report(failure, invocation.messages(), isVerbose(arguments));
    }
  }

  /// The commands that `arguments` can mean: picocli looks at every option of every command that it
  /// is given, which with all of them would take longer than the rest of the start. Without the
  /// name of a command it is help or a misspelt name, which need them all.
  private static Set<String> needed(String... arguments) {
    Set<String> needed = new LinkedHashSet<>(List.of(arguments));
    needed.retainAll(COMMANDS.keySet());
    boolean onlyVersion =
        arguments.length == 1 && List.of("--version", "-V").contains(arguments[0]);
    return needed.isEmpty() && !onlyVersion ? COMMANDS.keySet() : needed;
  }

  /// The whole command tree.
  static CommandLine commandLine(HeedCommand heed) {
    return commandLine(heed, COMMANDS.keySet());
  }

  private static CommandLine commandLine(HeedCommand heed, Set<String> names) {
    CommandLine commandLine = new CommandLine(heed);
    COMMANDS.forEach((name, command) -> {
      if (names.contains(name)) {
        commandLine.addSubcommand(name, command.apply(heed));
      }
    });
    PrintStream messages = heed.invocation().messages();
    return commandLine
        .setDefaultValueProvider(heed.settings())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setExecutionStrategy(parsed -> {
          try {
            heed.putInForce();
            tellIgnored(heed, innermost(parsed));
          } catch (CommandFailure wrong) {
            throw new CommandLine.ExecutionException(
                parsed.commandSpec().commandLine(), "the options do not fit", wrong);
          }
          return engine(heed, parsed).compute(() -> new CommandLine.RunLast().execute(parsed));
        })
        .setOut(writer(heed.out()))
        .setErr(writer(messages))
        .setParameterExceptionHandler(
            (failure, arguments) -> Failures.report(failure, messages, isVerbose(arguments)).code())
        .setExecutionExceptionHandler((failure, command, result) ->
            Failures.report(failure, messages, heed.verbose()).code());
  }

  private static ParseResult innermost(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    return command;
  }

  /// Says which options shape a new model, as the help tells by their first words, beside a model
  /// to begin with.
  private static void tellIgnored(HeedCommand heed, ParseResult command) {
    if (!command.hasMatchedOption("--from")) {
      return;
    }
    for (OptionSpec option : command.matchedOptions()) {
      if (option.description().length > 0 && option.description()[0].startsWith("from nothing:")) {
        heed.notes()
            .printf(
                "%s is passed over: it shapes a new model, and that of --from has its shape%n",
                option.longestName());
      }
    }
  }

  /// The precision that was asked for; else a run that goes on computes as it began. What writes
  /// weights takes them as they are, never rounded.
  private static Precision engine(HeedCommand heed, ParseResult parsed) {
    Path resumed = innermost(parsed).matchedOptionValue("--resume", (Path) null);
    Precision asked =
        heed.precision()
            .orElseGet(() -> resumed == null ? Precision.FP32 : RunFolder.precision(resumed));
    boolean writes =
        parsed.hasSubcommand() && WRITERS.contains(parsed.subcommand().commandSpec().name());
    return writes && asked == Precision.INT8 ? Precision.FP32 : asked;
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

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  private static boolean isVerbose(String... arguments) {
    return List.of(arguments).contains("--verbose");
  }
}
