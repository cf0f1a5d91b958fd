package dev.heed.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The texts that a command works on: its arguments, else the lines of `--input FILE`, else the
/// lines of standard input. To be mixed into every command that takes several texts.
final class TextInput {
  @Parameters(index = "0+", arity = "0..*", paramLabel = "TEXT", description = "the texts")
  private List<String> texts = List.of();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "take the texts from here, a line each (default: standard input)")
  private @Nullable Path file;

  /// What is done with a text.
  @FunctionalInterface
  interface Action {
    void on(String text) throws IOException;
  }

  /// Gives the texts to `action`, one at a time, as they are read.
  void forEach(HeedCommand heed, Action action) throws IOException {
    Path input = file;
    if (!texts.isEmpty()) {
      if (input != null) {
        throw CommandFailure.usage("give TEXT or --input, not both");
      }
      for (String text : texts) {
        action.on(text);
      }
    } else if (input != null) {
      try (InputStream in = Files.newInputStream(input)) {
        lines(in, input.toString(), action);
      }
    } else {
      lines(heed.in(), "standard input", action);
    }
  }

  /// The number of texts, where it can be known before they are read.
  OptionalLong count() throws IOException {
    Path input = file;
    if (!texts.isEmpty()) {
      return OptionalLong.of(texts.size());
    }
    if (input == null || !Files.isRegularFile(input)) {
      return OptionalLong.empty();
    }
    long lines = 0;
    byte[] buffer = new byte[1 << 16];
    byte last = '\n';
    try (InputStream in = Files.newInputStream(input)) {
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] == '\n') {
            lines++;
          }
        }
        last = buffer[read - 1];
      }
    }
    return OptionalLong.of(last == '\n' ? lines : lines + 1);
  }

  private static void lines(InputStream in, String name, Action action) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    long read = 0;
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        // Some editors put a byte order mark first.
        action.on(read == 0 && line.startsWith("\uFEFF") ? line.substring(1) : line);
        read++;
      }
    } catch (CharacterCodingException e) {
      throw CommandFailure.failed(
          "expected UTF-8 in %s, which it is not near line %d".formatted(name, read + 1), e);
    }
  }
}
