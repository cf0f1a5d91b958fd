package dev.heed.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/// What the environment and the configuration file say about options that the command line leaves
/// out.
///
/// The setting of an option `--max-tokens` is called `max-tokens`: it is the environment variable
/// `HEED_MAX_TOKENS`, else the property `max-tokens` of the file. The file holds Java properties
/// (`key = value` lines, `#` comments) in UTF-8.
final class Settings implements IDefaultValueProvider {
  private static final String PREFIX = "HEED_";
  private static final String FILE_IN_HOME = "heed.properties";

  /// A value and where it comes from.
  record Setting(String value, String why) {}

  private final Map<String, String> environment;
  private final @Nullable Path file;
  private final Map<String, String> properties;

  private Settings(
      Map<String, String> environment, @Nullable Path file, Map<String, String> properties) {
    this.environment = environment;
    this.file = file;
    this.properties = properties;
  }

  /// Reads the file that `--config` names among `arguments`, else the one that `HEED_CONFIG` names,
  /// else `heed.properties` in Heed's home where it is present.
  ///
  /// The arguments are looked through before they are parsed because parsing already needs the
  /// defaults.
  static Settings read(Invocation invocation, String... arguments) {
    String named = fileNamedBy(arguments);
    if (named == null) {
      named = invocation.environment().get(PREFIX + "CONFIG");
    }
    Path file = named == null ? invocation.home().resolve(FILE_IN_HOME) : Path.of(named);
    if (!Files.exists(file)) {
      if (named != null) {
        throw CommandFailure.missing("no such configuration file: " + file);
      }
      return new Settings(invocation.environment(), null, Map.of());
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw CommandFailure.failed("cannot read the configuration file " + file + ": " + e, e);
    }
    Map<String, String> values = new TreeMap<>();
    properties.stringPropertyNames().forEach(k -> values.put(k, properties.getProperty(k).strip()));
    return new Settings(invocation.environment(), file, values);
  }

  private static @Nullable String fileNamedBy(String... arguments) {
    String named = null;
    for (int i = 0; i < arguments.length && !arguments[i].equals("--"); i++) {
      if (arguments[i].equals("--config") && i + 1 < arguments.length) {
        named = arguments[i + 1];
      } else if (arguments[i].startsWith("--config=")) {
        named = arguments[i].substring("--config=".length());
      }
    }
    return named;
  }

  /// What is set for `key`, such as `seed`.
  Optional<Setting> find(String key) {
    String variable = variable(key);
    String fromEnvironment = environment.get(variable);
    if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
      return Optional.of(new Setting(fromEnvironment, "environment variable " + variable));
    }
    return Optional.ofNullable(properties.get(key))
        .map(value -> new Setting(value, "configuration file " + file));
  }

  /// Whether the flag `key` is set: `true` or `1` switch it on, `false`, `0` and absence do not.
  boolean flag(String key) {
    Optional<Setting> setting = find(key);
    return setting.isPresent()
        && switch (setting.get().value().toLowerCase(Locale.ROOT)) {
          case "true", "1" -> true;
          case "false", "0" -> false;
          default ->
              throw CommandFailure.usage(
                  "expected true or false for '%s': received '%s' from %s"
                      .formatted(key, setting.get().value(), setting.get().why()));
        };
  }

  /// The file that was read, if any.
  Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /// Refuses a file with a property that no command has: it is likely a misspelt one.
  ///
  /// @param names finds the names of all settings; asked only where there is a file
  void checkNames(Supplier<Set<String>> names) {
    Set<String> known = properties.isEmpty() ? Set.of() : names.get();
    for (String key : properties.keySet()) {
      if (!known.contains(key)) {
        throw CommandFailure.usage(
            "unknown setting '%s' in %s: expected one of %s"
                .formatted(key, file, String.join(", ", new TreeSet<>(known))));
      }
    }
  }

  /// What picocli asks for an option that the command line leaves out. Flags are left to [#flag]:
  /// picocli would turn a flag that is on by default *off* when it is given.
  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (argument instanceof OptionSpec option && option.arity().max() > 0) {
      return find(key(option)).map(Setting::value).orElse(null);
    }
    return null;
  }

  /// The name under which an option is set: its long name without the dashes.
  static String key(OptionSpec option) {
    return option.longestName().replaceFirst("^--?", "");
  }

  /// The environment variable of `key`.
  static String variable(String key) {
    return PREFIX + key.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
