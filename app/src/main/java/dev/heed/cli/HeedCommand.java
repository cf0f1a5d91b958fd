package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.cli.terminal.Terminal;
import dev.heed.task.LanguageModel;
import dev.heed.tensor.Precision;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// The root of the command tree: the options that every command takes, and the streams.
///
/// Options may stand before or after the name of a command. Only commands read them, after parsing.
@Command(
    name = "heed",
    description = "The Transformer: train it, run it and see it.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = HeedCommand.VersionLine.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    usageHelpWidth = 100,
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n",
    commandListHeading = "%nCommands (heed COMMAND --help says more):%n")
final class HeedCommand {
  private static final long DEFAULT_SEED = 1;

  @Option(
      names = "--model",
      scope = ScopeType.INHERIT,
      paramLabel = "M",
      description = "a directory, a .gguf file, a saved name, minilm, or owner/name of the hub")
  private @Nullable String model;

  @Option(
      names = "--seed",
      scope = ScopeType.INHERIT,
      paramLabel = "N",
      description = "fixes everything random (default: " + DEFAULT_SEED + ")")
  private long seed = DEFAULT_SEED;

  @Option(
      names = "--threads",
      scope = ScopeType.INHERIT,
      paramLabel = "N",
      description = "how many threads compute (default: one a core)")
  private @Nullable Integer threads;

  @Option(
      names = "--precision",
      scope = ScopeType.INHERIT,
      paramLabel = "P",
      description = "fp32, bf16 or int8 (default: fp32; int8 for quantised files)")
  private @Nullable Precision precision;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "read settings from this properties file")
  // Settings reads it from the arguments, before they are parsed.
  @SuppressWarnings("UnusedVariable")
  private @Nullable Path config;

  @Option(names = "--offline", scope = ScopeType.INHERIT, description = "never use the network")
  private boolean offline;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "no progress and no notes on standard error")
  private boolean quiet;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "say more on standard error; failures with their stack trace")
  private boolean verbose;

  private final Invocation invocation;
  private final Settings settings;

  HeedCommand(Invocation invocation, Settings settings) {
    this.invocation = invocation;
    this.settings = settings;
  }

  /// The model that was asked for; each command has its own default.
  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /// Fixes everything random.
  long seed() {
    return seed;
  }

  /// Checks the options that the parser cannot check, and makes those of the engine known to it.
  void putInForce() {
    offline();
    quiet();
    verbose();
    // The thread pool reads this when it first computes; --version starts no pool.
    threads().ifPresent(n -> System.setProperty("heed.threads", Integer.toString(n)));
  }

  /// How many threads compute, where that was asked for.
  OptionalInt threads() {
    if (threads == null) {
      return OptionalInt.empty();
    }
    if (threads < 1) {
      throw CommandFailure.usage("--threads must be 1 or more: received " + threads);
    }
    return OptionalInt.of(threads);
  }

  /// In which numbers the model computes, where that was asked for.
  Optional<Precision> precision() {
    return Optional.ofNullable(precision);
  }

  /// The language model that `--model` names, in the numbers asked for.
  LanguageModel languageModel() {
    Path path = SavedModels.resolve(this);
    // bfloat16 needs the weights in F32 too, from which it rounds.
    boolean exact = precision == Precision.FP32 || precision == Precision.BF16;
    return exact ? LanguageModel.loadExact(path) : LanguageModel.load(path);
  }

  /// Whether the network is out of bounds.
  boolean offline() {
    return offline || settings.flag("offline");
  }

  /// Whether progress and notes are unwanted.
  boolean quiet() {
    return quiet || settings.flag("quiet");
  }

  /// Whether more is wanted, such as stack traces.
  boolean verbose() {
    return verbose || settings.flag("verbose");
  }

  /// Where models, caches and settings live.
  Path home() {
    return invocation.home();
  }

  /// What the environment and the configuration file say.
  Settings settings() {
    return settings;
  }

  /// What this start was given besides arguments.
  Invocation invocation() {
    return invocation;
  }

  /// What is piped in.
  InputStream in() {
    return invocation.in();
  }

  /// Where results go.
  PrintStream out() {
    return invocation.out();
  }

  /// The terminal behind [#out].
  Terminal outTerminal() {
    return invocation.outTerminal().get();
  }

  /// Where progress and notes go: nowhere when `--quiet`. Errors are thrown, not printed.
  PrintStream notes() {
    return quiet()
        ? new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)
        : invocation.messages();
  }

  /// A progress bar on standard error, silent when `--quiet`.
  ProgressBar progress() {
    return new ProgressBar(
        notes(), quiet() ? Terminal.none(80) : invocation.messageTerminal().get());
  }

  /// Answers `--version`.
  static final class VersionLine implements picocli.CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"heed " + Version.heed()};
    }
  }
}
