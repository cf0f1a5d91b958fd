package dev.heed.cli;

import dev.heed.weights.StoredType;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed quantize`: a language model with smaller weights.
@Command(
    name = "quantize",
    description = "Writes a language model as a GGUF file with smaller weights.")
final class QuantizeCommand implements Callable<Integer> {
  private final HeedCommand heed;

  /// How weights may lie in the file.
  enum Type {
    Q8_0,
    Q4_0,
    Q4_K,
    F16
  }

  @Parameters(paramLabel = "MODEL", description = "a model as --model takes it")
  private String model = "";

  @Option(
      names = "--type",
      required = true,
      paramLabel = "T",
      description = "how matrices lie in the file: Q8_0, Q4_0, Q4_K or F16")
  private Type type = Type.Q8_0;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "a .gguf file")
  private Path output = Path.of("");

  QuantizeCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() {
    if (!GgufOutput.isGguf(output)) {
      throw CommandFailure.usage("-o must be a .gguf file: received " + output);
    }
    Path from = SavedModels.named(heed, model);
    GgufOutput.write(heed, from, output, StoredType.valueOf(type.name()));
    return ExitCode.DONE.code();
  }
}
