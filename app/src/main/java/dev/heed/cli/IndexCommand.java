package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.task.Passage;
import dev.heed.task.SemanticIndex;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed index`: makes documents ready for `heed search`.
@Command(
    name = "index",
    description = "Cuts documents into passages and computes their vectors, for `heed search`.")
final class IndexCommand implements Callable<Integer> {
  private static final int WINDOW = 256;

  private final HeedCommand heed;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "text files in UTF-8, or folders of such; files that are no text are named")
  private List<Path> files = List.of();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "the folder to write the index to")
  private Path directory = Path.of("");

  IndexCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    for (Path file : files) {
      if (!Files.exists(file)) {
        throw CommandFailure.missing("no such file or folder: " + file);
      }
    }
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw CommandFailure.usage("-o must name a folder: received " + directory);
    }
    Embedders.Chosen chosen = Embedders.load(heed);
    List<Passage> passages = new ArrayList<>();
    int documents = 0;
    for (Path document : documents()) {
      try {
        passages.addAll(
            SemanticIndex.passages(
                chosen.embedder(), document.toString(), Files.readString(document)));
        documents++;
      } catch (CharacterCodingException e) {
        heed.notes().println("left out, since it is not text in UTF-8: " + document);
      }
    }
    if (passages.isEmpty()) {
      throw CommandFailure.failed("no text in " + files, null);
    }
    SemanticIndex index;
    try (ProgressBar bar = heed.progress()) {
      boolean shown = passages.size() > WINDOW;
      if (shown) {
        bar.begin("Embedding", passages.size(), "passage");
      }
      index =
          SemanticIndex.of(
              passages,
              chosen.embedder(),
              heed.model().isEmpty() ? "minilm" : chosen.directory().toAbsolutePath().toString(),
              done -> {
                if (shown) {
                  bar.update(done, Map.of());
                }
              });
      if (shown) {
        bar.end(passages.size(), Map.of());
      }
    }
    index.save(directory);
    heed.notes()
        .println(
            "%d passages of %d documents are in %s"
                .formatted(passages.size(), documents, directory));
    return ExitCode.DONE.code();
  }

  /// The files named, and all files in the folders named that are not hidden, in order.
  private List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        try (Stream<Path> inside = Files.walk(file)) {
          inside
              .filter(Files::isRegularFile)
              .filter(path -> !hidden(file.relativize(path)))
              .sorted()
              .forEach(documents::add);
        }
      } else {
        documents.add(file);
      }
    }
    return documents;
  }

  private static boolean hidden(Path path) {
    for (Path part : path) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }
}
