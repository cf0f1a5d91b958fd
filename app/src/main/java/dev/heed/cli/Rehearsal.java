package dev.heed.cli;

import dev.heed.cli.picture.LabelledMatrix;
import dev.heed.cli.picture.SvgHeatMap;
import dev.heed.cli.terminal.Bars;
import dev.heed.cli.terminal.Colors;
import dev.heed.cli.terminal.HeatMap;
import dev.heed.cli.terminal.ProgressBar;
import dev.heed.cli.terminal.Terminal;
import dev.heed.task.LanguageModelTraining;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Runs through the commands once, silently: the training run of the launcher's ahead-of-time
/// cache. Classes that are loaded here load fast at every later start.
///
/// A new command is added here by a call that is quick and needs no network.
public final class Rehearsal {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--version"),
          List.of("--help"),
          List.of("no-such-command"),
          List.of("config", "--seed", "2"),
          List.of("config", "--format", "json"),
          List.of("doctor"),
          List.of("doctor", "--format", "json"),
          List.of("tokenize", "The train left the station."),
          List.of("train", "tokenizer", "--help"),
          List.of("models"),
          List.of("inspect"),
          List.of("inspect", "--format", "json"),
          List.of("completion", "--help"),
          List.of("pairs", "--help"),
          List.of("embed", "The train left the station."),
          List.of("similar", "The train left.", "The locomotive departed.", "--format", "json"),
          List.of("search", "--help"),
          List.of("explore", "--help"),
          List.of("classify", "The train left the station.", "--labels", "travel,food"),
          List.of("complete", "The train left the", "--words", "3"),
          List.of("complete", "The train left the", "--max-tokens", "3", "--temperature", "1"),
          List.of("complete", "The train", "--max-tokens", "1", "--format", "json"));

  private Rehearsal() {}

  /// Runs all commands. Their failures do not matter: what was loaded until then stays useful.
  public static void main(String[] arguments) throws IOException {
    Path home = Files.createTempDirectory("heed-rehearsal");
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(true, Colors.TRUE, "rehearsal", () -> 100);
    Invocation invocation =
        new Invocation(
            new ByteArrayInputStream(new byte[0]),
            nowhere,
            nowhere,
            () -> terminal,
            () -> terminal,
            Map.of("HEED_HOME", home.toString()),
            home);
    Invocation process = Invocation.ofProcess();
    nowhere.println(process.outTerminal().get());
    nowhere.println(process.messageTerminal().get());
    saveATinyModel(home.resolve("models/rehearsal"));
    COMMANDS.forEach(command -> Main.run(invocation, command.toArray(String[]::new)));
    draw(terminal, nowhere);
    Folders.remove(home);
    // The way out is part of the rehearsal: the JDK logs its exit, which loads classes.
    System.exit(0);
  }

  private static void saveATinyModel(Path directory) {
    List<String> texts = List.of("The train left the station.", "The bus left the town on time.");
    var small = new LanguageModelTraining.Architecture(16, 1, 2, 64, 0);
    var settings = new LanguageModelTraining.Settings(64, 2, 64, 1e-2, 2, 1);
    Tokenizer tokenizer = BpeTrainer.of(280).train(texts);
    LanguageModelTraining training =
        LanguageModelTraining.ofNewModel(small, settings, tokenizer, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    training.model().save(directory);
  }

  private static void draw(Terminal terminal, PrintStream nowhere) {
    LabelledMatrix matrix =
        new LabelledMatrix("t", List.of("a"), List.of("a", "b"), new float[][] {{0.5f, 0.5f}});
    HeatMap.lines(matrix, terminal).forEach(nowhere::println);
    nowhere.print(SvgHeatMap.of(matrix, "d"));
    Bars.lines(List.of(new Bars.Bar("a", 0.5)), terminal).forEach(nowhere::println);
    try (ProgressBar progress = new ProgressBar(nowhere, terminal)) {
      progress.begin("Epoch 1/1", 2);
      progress.update(1, Map.of("loss", 1.0));
      progress.end(Map.of("loss", 0.5));
    }
  }
}
