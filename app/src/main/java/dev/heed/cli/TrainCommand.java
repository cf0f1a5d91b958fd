package dev.heed.cli;

import dev.heed.tokenizer.TextFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `heed train …`: what can be trained, a subcommand each.
@Command(
    name = "train",
    description =
        "Trains on a user's data: classifiers, taggers, embedders, next-word predictors,"
            + " translators, tokenizers.")
final class TrainCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  /// The command with its subcommands. A new one is one line here.
  static CommandLine commandLine(HeedCommand heed) {
    return new CommandLine(new TrainCommand())
        .addSubcommand("classify", new TrainClassifyCommand(heed))
        .addSubcommand("embed", new TrainEmbedCommand(heed))
        .addSubcommand("tag", new TrainTagCommand(heed))
        .addSubcommand("next-word", new TrainNextWordCommand(heed))
        .addSubcommand("translate", new TrainTranslateCommand(heed))
        .addSubcommand("tokenizer", new TrainTokenizerCommand(heed));
  }

  /// Looks at every file before the first is read, so that a misspelt name costs no time.
  static TextFiles texts(List<Path> data) throws IOException {
    for (Path file : data) {
      if (Files.isDirectory(file)) {
        throw CommandFailure.usage("--data takes files: received the directory " + file);
      }
      if (!Files.exists(file)) {
        throw new NoSuchFileException(file.toString());
      }
    }
    return TextFiles.of(data);
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "say what to train: " + String.join(", ", spec.subcommands().keySet()));
    }
  }
}
