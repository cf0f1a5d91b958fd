package dev.heed.cli;

import dev.heed.task.LanguageModel;
import dev.heed.weights.StoredType;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed convert`: a language model from safetensors to GGUF and back.
@Command(
    name = "convert",
    description =
        "Writes a language model as a GGUF file, or one from a GGUF file as a directory for Hugging"
            + " Face.")
final class ConvertCommand implements Callable<Integer> {
  private final HeedCommand heed;

  /// How weights may lie in the file.
  enum Type {
    F32,
    F16,
    BF16
  }

  @Parameters(paramLabel = "MODEL", description = "a model as --model takes it")
  private String model = "";

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT",
      description = "a .gguf file, or a directory")
  private Path output = Path.of("");

  @Option(
      names = "--type",
      paramLabel = "T",
      description = "how matrices lie in a .gguf file: F32, F16 or BF16 (default: F16)")
  private @Nullable Type type;

  ConvertCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() {
    Path from = SavedModels.named(heed, model);
    if (GgufOutput.isGguf(output)) {
      StoredType stored = StoredType.valueOf((type == null ? Type.F16 : type).name());
      GgufOutput.write(heed, from, output, stored);
      return ExitCode.DONE.code();
    }
    if (type != null && type != Type.F32) {
      throw CommandFailure.usage(
          "--type is for .gguf files; a directory gets F32: received " + type);
    }
    LanguageModel.loadExact(from).save(output);
    heed.notes().println("saved " + output);
    return ExitCode.DONE.code();
  }
}
