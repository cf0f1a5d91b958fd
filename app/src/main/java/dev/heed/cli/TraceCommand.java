package dev.heed.cli;

import dev.heed.task.ModelTrace;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed trace`: everything that a model computes for one text.
@Command(
    name = "trace",
    description =
        "Writes everything that a model computes for a text, under Hugging Face's output names.")
final class TraceCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Parameters(arity = "0..1", paramLabel = "TEXT", description = "the text")
  private @Nullable String text;

  @Option(
      names = "--ids",
      split = ",",
      paramLabel = "ID",
      description = "token ids instead of TEXT, as they are")
  private int @Nullable [] ids;

  @Option(
      names = "--decoder-ids",
      split = ",",
      paramLabel = "ID",
      description = "encoder-decoder models: the target's token ids, as the decoder is given them")
  private int @Nullable [] decoderIds;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "the safetensors file to write (default: list names and shapes)")
  private @Nullable Path file;

  TraceCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if ((text == null) == (ids == null)) {
      throw CommandFailure.usage("give TEXT or --ids" + (text == null ? "" : ", not both"));
    }
    Path directory = SavedModels.orMiniLm(heed);
    ModelTrace trace = ModelTrace.open(directory);
    int[] input = ids(directory, trace.vocabulary());
    if (input.length == 0) {
      throw CommandFailure.usage("expected a token or more: received none");
    }
    requireAtMost(trace.maximumLength(), input);
    int[] decoded = decoderIds;
    if (decoded != null) {
      if (!trace.hasDecoder()) {
        throw CommandFailure.usage(
            "--decoder-ids are for encoder-decoder models: received " + directory);
      }
      requireAtMost(trace.maximumLength(), decoded);
      requireIn("--decoder-ids", trace.targetVocabulary(), decoded);
    }
    List<StoredTensor> values = decoded == null ? trace.of(input) : trace.of(input, decoded);
    Path target = file;
    if (target == null) {
      values.forEach(value -> heed.out().println(value));
      return ExitCode.DONE.code();
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw CommandFailure.missing("no such folder: " + folder);
    }
    SafetensorsWriter.write(target, values, Map.of("format", "pt"));
    return ExitCode.DONE.code();
  }

  private int[] ids(Path directory, int vocabulary) throws IOException {
    int[] given = ids;
    if (given == null) {
      return Tokenizer.load(directory).encode(text == null ? "" : text).ids();
    }
    requireIn("--ids", vocabulary, given);
    return given;
  }

  private static void requireIn(String option, int vocabulary, int... ids) {
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw CommandFailure.usage(
            "%s must be in 0…%d: received %d".formatted(option, vocabulary - 1, id));
      }
    }
  }

  private static void requireAtMost(int most, int... ids) {
    if (ids.length > most) {
      throw CommandFailure.tooLong(
          "the model takes at most %d tokens: received %d".formatted(most, ids.length));
    }
  }
}
